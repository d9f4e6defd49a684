import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printableLine } from '../../src/lib/printable.ts'

test('a line contains no line breaks, and nothing that controls a terminal', () => {
  expect(printableLine('a\u001b[31m\u202eb\n\tc\u0085🌱', 300)).toBe('a\\u001b[31m\\u202eb\\u000a\\u0009c\\u0085🌱')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printableLine(text, 20)).not.toMatch(/\p{C}|[\p{Zl}\p{Zp}]/u)
    }),
  )
})

test('a line that is too long is truncated between characters, with an ellipsis', () => {
  expect(printableLine('12345', 5)).toBe('12345')
  expect(printableLine('123456', 5)).toBe('1234…')
  expect(printableLine('123\n45', 9)).toBe('123…')
  expect(printableLine('1\n23', 9)).toBe('1\\u000a23')
  expect(printableLine('123🌱🌱', 6)).toBe('123🌱…')
  expect(printableLine('123🌱🌱', 5)).toBe('123…')
  expect(printableLine('\u0001'.repeat(9), 1)).toBe('…')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 30 }), (text, maxLength) => {
      const line = printableLine(text, maxLength)
      expect(line.length).toBeLessThanOrEqual(maxLength)
      if (line.endsWith('…'))
        expect(printableLine(text, 1e6).startsWith(line.slice(0, -1)) || text.endsWith('…')).toBe(true)
    }),
  )
})
