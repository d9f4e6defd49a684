import { execFileSync } from 'node:child_process'
import type { TestProject } from 'vitest/node'

/** Builds what is not up to date: tests that need a real process start the built service. In watch mode, every time. */
export default function setup(project: TestProject): void {
  build()
  project.onTestsRerun(build)
}

function build(): void {
  execFileSync(process.execPath, ['scripts/build-if-needed.mjs'], { stdio: 'inherit' })
}
