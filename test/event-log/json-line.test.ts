import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toJsonLine } from '../../src/event-log/json-line.ts'

const FORBIDDEN = /[<>&\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

/** Any text, with what is special in JSON, HTML, terminals and Unicode more often than chance would have it. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(
      ...'"\\/\b\f\n\r\tbfnrtu0<>&\u007f\u009b\u200e\u202e\u2028\u2029\ufeff\ud800\udc00a',
      '\u{e0001}',
      '🎉',
    ),
  }),
)
const json = fc.jsonValue({ stringUnit: 'binary' })

test('any JSON value comes back unchanged, and no forbidden character stands in its line', () => {
  fc.assert(
    fc.property(fc.oneof(json, text, fc.dictionary(text, text)), (value) => {
      const line = toJsonLine(value)
      expect(line.endsWith('\n')).toBe(true)
      expect(line.slice(0, -1)).not.toMatch(FORBIDDEN)
      expect(JSON.stringify(JSON.parse(line))).toBe(JSON.stringify(value))
    }),
    { numRuns: 3000 },
  )
})

test.for([
  ['\n', '\\u000a'],
  ['\t\b\f\r', '\\u0009\\u0008\\u000c\\u000d'],
  ['\\n', '\\\\n'],
  ['"', '\\"'],
  ['<b>&', '\\u003cb\\u003e\\u0026'],
  ['\u001b[31m', '\\u001b[31m'],
  ['\u202e', '\\u202e'],
  ['\u{e0001}', '\\udb40\\udc01'],
  ['\ud800', '\\ud800'],
  ['é漢🎉', 'é漢🎉'],
])('%j is written as %s', ([value, written]) => {
  expect(toJsonLine(value)).toBe(`"${written}"\n`)
})
