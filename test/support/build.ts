import { execFileSync } from 'node:child_process'

/** Tests that need a real process start the built service. */
export default function build(): void {
  execFileSync(process.execPath, ['scripts/build-if-needed.mjs'], { stdio: 'inherit' })
}
