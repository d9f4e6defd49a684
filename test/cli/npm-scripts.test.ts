/** The commands that users run with npm and npx, in an installation without the development dependencies. */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder } from '../support/folder.ts'

function installForProduction(): string {
  const directory = makeFolder()
  for (const path of ['dist', 'package.json', 'scripts']) cpSync(path, join(directory, path), { recursive: true })
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
  mkdirSync(join(directory, 'node_modules'))
  for (const name of Object.keys(dependencies)) {
    symlinkSync(resolve('node_modules', name), join(directory, 'node_modules', name))
  }
  return directory
}

/** Without the directories that npm prepends to PATH when it runs these tests. */
const PATH = (process.env.PATH ?? '')
  .split(':')
  .filter((directory) => !directory.endsWith('node_modules/.bin'))
  .join(':')

test.for<[script: string, args: string[], printed: string]>([
  ['send', ['--list'], 'on_message_received '],
  ['replies', ['check', 'replies.json'], 'replies.json is valid'],
])(
  'npm run %s needs no development dependencies, and with -s prints only its own output',
  ([script, args, printed]) => {
    const cwd = installForProduction()
    writeFileSync(join(cwd, 'replies.json'), '{"rules": {}}')
    const { status, stdout, stderr } = spawnSync('npm', ['run', '-s', script, '--', ...args], {
      cwd,
      env: { ...process.env, PATH },
      encoding: 'utf8',
    })
    expect({ status, stderr }).toMatchObject({ status: 0 })
    expect(stdout.slice(0, printed.length)).toBe(printed)
  },
)

test('npx digireply-receiver runs this program without downloading anything, and makes it executable', () => {
  const cwd = installForProduction()
  const program = join(cwd, 'dist/cli/receiver.js')
  chmodSync(program, 0o644)
  const { status, stdout, stderr } = spawnSync('npx', ['digireply-receiver', 'send', '--list'], {
    cwd,
    env: { ...process.env, PATH, npm_config_cache: makeFolder(), npm_config_offline: 'true' },
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toContain('on_message_received ')
  expect(statSync(program).mode & 0o111).toBe(0o111)
})

test('npm runs no install script, and is told so for every package that has one', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'))
  const { allowScripts } = JSON.parse(readFileSync('package.json', 'utf8'))
  const withScripts = Object.keys(packages).filter((path) => packages[path].hasInstallScript)
  const names = withScripts.map((path) => path.split('node_modules/').at(-1) ?? '')
  expect(allowScripts).toEqual(Object.fromEntries(names.map((name) => [name, false])))
})
