import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toInertJson } from '../../../src/event-store/files/inert-json.ts'
import { propertyRuns } from '../../support/property-runs.ts'

const FORBIDDEN = /[<>&\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

/** Any string, with many characters that are special in JSON, HTML, terminals and Unicode. */
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

/** Longer than any string escaped with the regular expression, and than the buffer of the other algorithm. */
const LONG = 100_000

function expectInert(value: unknown): void {
  const json = toInertJson(value)
  expect(FORBIDDEN.test(json)).toBe(false)
  expect(JSON.stringify(JSON.parse(json)) === JSON.stringify(value)).toBe(true)
}

test('any JSON value is parsed back unchanged, and its line contains no forbidden character', () => {
  fc.assert(fc.property(fc.oneof(json, text, fc.dictionary(text, text)), expectInert), propertyRuns(3000))
})

test('so is a long one', () => {
  const values = fc.oneof(json, text).map((value) => ({ value, filler: 'x'.repeat(LONG), again: value }))
  fc.assert(fc.property(values, expectInert), propertyRuns(300))
})

test('a long string is written like the short strings that it consists of', () => {
  // Separated by letters, surrogates of two copies cannot form a pair.
  const unit = text.map((between) => `a${between}z`)
  fc.assert(
    fc.property(unit, (short) => {
      const times = Math.ceil(LONG / short.length)
      const inside = toInertJson(short).slice(1, -1)
      expect(toInertJson(short.repeat(times)) === `"${inside.repeat(times)}"`).toBe(true)
    }),
    propertyRuns(300),
  )
})

test('every character of the Basic Multilingual Plane is written alike in short and long strings', () => {
  const units = Array.from({ length: 0x10000 }, (_, unit) => `${String.fromCharCode(unit)} `)
  const short = units.map((unit) => toInertJson(unit).slice(1, -1))
  expect(toInertJson(units.join('')) === `"${short.join('')}"`).toBe(true)
  for (const [unit, written] of short.entries()) {
    if (FORBIDDEN.test(String.fromCharCode(unit))) expect(written).toBe(`\\u${unit.toString(16).padStart(4, '0')} `)
  }
})

test('characters beyond the Basic Multilingual Plane are written alike in short and long strings', () => {
  const isSpecial = (point: number) => FORBIDDEN.test(String.fromCodePoint(point))
  const special = Array.from({ length: 0x100000 }, (_, index) => 0x10000 + index).filter(isSpecial)
  const points = special.flatMap((point) => [point - 1, point, point + 1])
  const texts = points.map((point) => `${String.fromCodePoint(point)} `)
  const short = texts.map((text) => toInertJson(text).slice(1, -1))
  const times = Math.ceil(LONG / texts.join('').length)
  expect(toInertJson(texts.join('').repeat(times)) === `"${short.join('').repeat(times)}"`).toBe(true)
  for (const [index, written] of short.entries()) {
    expect(written).toMatch(isSpecial(points[index] ?? 0) ? /^\\u[\da-f]{4}\\u[\da-f]{4} $/ : /^.. $/)
  }
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
  expect(toInertJson(value)).toBe(`"${written}"`)
})
