/** Commands load only the packages that they need, which an accidental static import would change. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

/** Follows the static imports of a built module. @returns the packages that they load, sorted */
function packagesOf(file: string, seen = new Set<string>()): string[] {
  const packages = new Set<string>()
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b[^;]*?from '([^']+)'/gm)) {
    if (name.startsWith('node:')) continue
    if (!name.startsWith('.')) packages.add(name)
    const path = join(dirname(file), name)
    if (!name.startsWith('.') || seen.has(path)) continue
    seen.add(path)
    for (const found of packagesOf(path, seen)) packages.add(found)
  }
  return [...packages].sort()
}

const SETTINGS = ['dotenv', 'zod']

test.for<[module: string, packages: string[]]>([
  ['main', ['close-with-grace', 'fastify', 'jsonc-parser', 'pino', ...SETTINGS]],
  ['cli/receiver', ['commander']],
  ['cli/send', ['jsonc-parser', ...SETTINGS]],
  ['cli/replies-check', ['jsonc-parser', 'zod']],
  ['cli/config-check', ['jsonc-parser', ...SETTINGS]],
])('%s loads only what it needs', ([module, packages]) => {
  expect(packagesOf(join('dist', `${module}.js`))).toEqual(packages.sort())
})
