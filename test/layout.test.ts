/** Imports go one way, as described in docs/architecture.md. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

/** What each module may import besides itself. Modules without a directory are single files. */
const MAY_IMPORT: Readonly<Record<string, readonly string[] | 'anything'>> = {
  lib: [],
  telemetry: [],
  events: [],
  databases: ['lib'],
  'event-store': ['databases', 'telemetry', 'lib'],
  projects: ['databases', 'telemetry', 'lib'],
  replies: ['events', 'telemetry', 'lib'],
  handlers: ['replies', 'projects', 'event-store', 'events', 'telemetry', 'lib'],
  http: ['projects', 'event-store', 'telemetry', 'lib'],
  webhook: ['handlers', 'http', 'events', 'lib'],
  config: ['databases', 'lib'],
  admin: ['http', 'events', 'event-store', 'projects', 'telemetry', 'lib'],
  logging: ['config', 'telemetry', 'lib'],
  app: ['webhook', 'http', 'handlers', 'projects', 'lib'],
  'open-event-store': ['config', 'event-store', 'events', 'handlers', 'telemetry'],
  service: [
    'open-event-store',
    'admin',
    'app',
    'config',
    'logging',
    'http',
    'handlers',
    'replies',
    'projects',
    'event-store',
    'events',
    'telemetry',
    'lib',
  ],
  main: 'anything',
  cli: 'anything',
}

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
const imports = new Map(files.map((file) => [file, importsOf(file)]))

function importsOf(file: string): string[] {
  const source = readFileSync(join('src', file), 'utf8')
  const found = source.matchAll(
    /^(?:import|export)\b[^'"]*?from '(\.[^']+)'|^import '(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm,
  )
  return [...found].map(([, from, bare, dynamic]) => join(dirname(file), from ?? bare ?? dynamic ?? ''))
}

function moduleOf(file: string): string {
  return file.split('/')[0]?.replace(/\.ts$/, '') ?? ''
}

test('every module is listed', () => {
  expect([...new Set(files.map(moduleOf))].sort()).toEqual(Object.keys(MAY_IMPORT).sort())
})

test.for(files)('%s imports only what its module may', (file) => {
  const from = moduleOf(file)
  const allowed = MAY_IMPORT[from]
  if (allowed === 'anything') return
  const forbidden = imports.get(file)?.filter((to) => moduleOf(to) !== from && !allowed?.includes(moduleOf(to)))
  expect(forbidden).toEqual([])
})

test('there are no import cycles', () => {
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    expect(path.includes(file), `${[...path, file].join(' -> ')}`).toBe(false)
    if (done.has(file)) return
    for (const to of imports.get(file) ?? []) visit(to, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
})

test('nothing imports main.ts, and only main.ts and the commands import service.ts', () => {
  const importers = (module: string) =>
    files.filter((file) => imports.get(file)?.includes(`${module}.ts`)).map(moduleOf)
  expect(importers('main')).toEqual([])
  expect(importers('service').filter((module) => module !== 'main' && module !== 'cli')).toEqual([])
})

test('nothing loads a database driver unless a database is configured', () => {
  const source = (file: string) => readFileSync(join('src', file), 'utf8')
  const loadsDriver = (file: string) => /from '(?:pg|mysql2)\b/.test(source(file))
  expect(files.filter(loadsDriver).sort()).toEqual(['databases/postgres-client.ts', 'projects/worker/mysql.ts'])

  const loaded = new Set<string>()
  const load = (file: string): void => {
    if (loaded.has(file)) return
    loaded.add(file)
    const imported = source(file).matchAll(/^(?:import|export)(?! type)\b[^'"]*?from '(\.[^']+)'|^import '(\.[^']+)'/gm)
    for (const [, from, bare] of imported) load(join(dirname(file), from ?? bare ?? ''))
  }
  for (const file of files) if (/^(?:main|service|cli\/.*)\.ts$/.test(file)) load(file)
  expect([...loaded]).toContain('event-store/files/file-event-store.ts')
  expect([...loaded].filter(loadsDriver)).toEqual([])
})
