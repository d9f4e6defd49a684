import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { expect } from 'vitest'
import { TOKEN } from './service.ts'

export const SEND = [resolve('dist/cli/receiver.js'), 'send']

/** Runs the command in the directory, and expects that it never prints the token. @param uid the user, if not this one */
export async function run(
  directory: string,
  args: readonly string[],
  env: Record<string, string> = {},
  uid: number | undefined = process.getuid?.(),
) {
  const child = spawn(process.execPath, [...SEND, ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH ?? '', ...env },
    ...(uid !== undefined && { uid }),
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data) => {
    stdout += data
  })
  child.stderr.on('data', (data) => {
    stderr += data
  })
  const [code] = await once(child, 'close')
  expect(stdout + stderr).not.toContain(TOKEN)
  return { code, stdout, stderr }
}
