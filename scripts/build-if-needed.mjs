/** Before a command that runs what was built: builds dist/ if it is absent or older than what it is made of. Plain JavaScript, needs nothing. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const BUILT = 'dist/main.js'
const SOURCES = ['tsconfig.json', 'tsconfig.build.json', 'package.json', ...filesBelow('src')]

if (!isUpToDate()) build()

/** Every source has what is made of it, and nothing that it is made with is newer. */
function isUpToDate() {
  const made = filesBelow('src')
    .filter((path) => path.endsWith('.ts'))
    .map((path) => path.replace(/^src/, 'dist').replace(/ts$/, 'js'))
  if (!existsSync(BUILT) || !made.every(existsSync)) return false
  const builtAt = Math.min(...[BUILT, ...made].map((path) => statSync(path).mtimeMs))
  return SOURCES.filter(existsSync).every((path) => statSync(path).mtimeMs <= builtAt)
}

function build() {
  const compiler = findCompiler()
  if (compiler) {
    mustBeWritable('dist')
    const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { stdio: 'inherit' })
    process.exit(status ?? 1)
  }
  if (existsSync(BUILT)) {
    console.error('The TypeScript compiler is not installed: dist/ is started as it is, though src/ is newer.')
    return
  }
  console.error(
    'There is no dist/, and the TypeScript compiler is not installed. Run: npm ci --include=dev && npm run build',
  )
  process.exit(1)
}

function mustBeWritable(folder) {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
  } catch (error) {
    console.error(
      `${folder}/ cannot be written (${error.code}), so nothing is built. Build as the user that this project belongs to.`,
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

function filesBelow(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true }).map((name) => join(folder, name))
}
