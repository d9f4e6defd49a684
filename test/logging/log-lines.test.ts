/** Each line of the service log has a constant message, and docs/operations.md lists them all. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Line, logLines } from '../../src/logging/log-lines.ts'
import { telemetrySamples } from '../support/telemetry-samples.ts'

const PAGE = 'docs/operations.md'
const MARKED = /(?<=<!-- log lines: begin -->\n).*(?=<!-- log lines: end -->)/s

const LEVELS = { info: 30, warn: 40, error: 50, fatal: 60 }

/** The lines for every telemetry event, in the order of the table. */
function allLines(): Line[] {
  const names = Object.keys(logLines) as (keyof typeof logLines)[]
  return names.flatMap((name) => {
    const toLine = logLines[name] as ((...payload: unknown[]) => Line) | undefined
    return toLine ? telemetrySamples[name].map((payload: readonly unknown[]) => toLine(...payload)) : []
  })
}

/** @returns a table with a row for each message: its levels, and the fields that it can have */
function describeLines(): string {
  const rows = new Map<string, { levels: Set<string>; fields: Set<string> }>()
  for (const [level, message, fields] of allLines()) {
    const row = rows.get(message) ?? { levels: new Set(), fields: new Set() }
    rows.set(message, row)
    row.levels.add(`${level} (${LEVELS[level]})`)
    for (const [name, value] of Object.entries(fields)) if (value !== undefined) row.fields.add(`\`${name}\``)
  }
  const cells = [...rows].map(([message, { levels, fields }]) => [
    message,
    [...levels].join(', '),
    [...fields].join(' '),
  ])
  return ['| `msg` | level | fields |', '|---|---|---|', ...cells.map((row) => `| ${row.join(' | ')} |`), ''].join('\n')
}

test('the list of log lines is up to date (vitest -u updates it)', async () => {
  const page = readFileSync(PAGE, 'utf8')
  expect(page).toMatch(MARKED)
  await expect(page.replace(MARKED, describeLines)).toMatchFileSnapshot(`../../${PAGE}`)
})

test('messages contain none of the values', () => {
  for (const [, message, fields] of allLines()) {
    for (const value of Object.values(fields).filter((value) => typeof value === 'string')) {
      expect(message).not.toContain(value)
    }
    expect(message).not.toMatch(/[\d\n]/)
  }
})
