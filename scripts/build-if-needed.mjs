/** Builds dist/ if it is missing or outdated, before a command that runs it. Plain JavaScript without dependencies. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const BUILT = 'dist/main.js'
const SOURCES = ['tsconfig.json', 'tsconfig.build.json', 'package.json', ...filesBelow('src')]

if (!isUpToDate()) build()

/** Whether the output of every source file exists, and no source file or build setting is newer. */
function isUpToDate() {
  const outputs = filesBelow('src')
    .filter((path) => path.endsWith('.ts'))
    .map((path) => path.replace(/^src/, 'dist').replace(/ts$/, 'js'))
  if (!existsSync(BUILT) || !outputs.every(existsSync)) return false
  const builtAt = Math.min(...[BUILT, ...outputs].map((path) => statSync(path).mtimeMs))
  return SOURCES.filter(existsSync).every((path) => statSync(path).mtimeMs <= builtAt)
}

function build() {
  const compiler = findCompiler()
  if (compiler) {
    requireWritable('dist')
    const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { stdio: 'inherit' })
    process.exit(status ?? 1)
  }
  if (existsSync(BUILT)) {
    console.error('The TypeScript compiler is not installed: running the existing dist/, although src/ is newer.')
    return
  }
  console.error(
    'dist/ does not exist, and the TypeScript compiler is not installed. Run: npm ci --include=dev && npm run build',
  )
  process.exit(1)
}

function requireWritable(directory) {
  try {
    mkdirSync(directory, { recursive: true })
    accessSync(directory, constants.W_OK)
  } catch (error) {
    console.error(
      `Cannot build, because ${directory}/ is not writable (${error.code}). Build as the owner of this project.`,
    )
    process.exit(1)
  }
}

function findCompiler() {
  try {
    const manifest = createRequire(import.meta.url).resolve('typescript/package.json')
    return join(dirname(manifest), 'bin', 'tsc')
  } catch {
    return undefined
  }
}

function filesBelow(directory) {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true }).map((name) => join(directory, name))
}
