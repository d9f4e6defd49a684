import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JsonBodyError, parseJsonBody } from '../../src/webhook/json-body.ts'

const parse = (body: string | readonly number[]) => parseJsonBody(Buffer.from(body as string))

function rejectionOf(body: string | readonly number[]): string {
  try {
    parse(body)
  } catch (error) {
    if (error instanceof JsonBodyError) return error.message
    throw error
  }
  throw new Error('the body was accepted')
}

test('any JSON object is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = JSON.stringify({ value })
      fc.pre(!text.includes('__proto__'))
      expect(parse(text)).toEqual(JSON.parse(text))
    }),
  )
})

test('invalid JSON is rejected with a position inside the body or at its end', () => {
  const cut = fc.tuple(fc.jsonValue({ maxDepth: 3 }), fc.nat(), fc.constantFrom('', ',', '}', '\n"', '\\', 'é', '🎉'))
  fc.assert(
    fc.property(cut, ([value, at, added]) => {
      const whole = JSON.stringify(value, null, 1)
      const body = whole.slice(0, at % (whole.length + 1)) + added
      fc.pre(Buffer.from(body).toString() === body && body !== '' && !isJson(body))
      const [, line, column] = rejectionOf(body).match(/ at line (\d+), column (\d+): found (?:"|the end$)/) ?? []
      const lines = body.split('\n')
      expect(Number(line)).toBeLessThanOrEqual(lines.length)
      expect(Number(column)).toBeGreaterThan(0)
      expect(Number(column)).toBeLessThanOrEqual((lines[Number(line) - 1]?.length ?? 0) + 1)
    }),
  )
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('the message says what was found and where', () => {
  test.for([
    ['hello', 'Invalid symbol at line 1, column 1: found "h"'],
    ['{"a":1,}', 'Property name expected at line 1, column 8: found "}"'],
    ['{\n "a": 1\n "b": 2}', 'Comma expected at line 3, column 2: found "\\""'],
    ['{"a":1', 'Close brace expected at line 1, column 7: found the end'],
    ['{"a" 1}', 'Colon expected at line 1, column 6: found "1"'],
    ['[1] 2', 'End of file expected at line 1, column 5: found "2"'],
    ['{"a":🎉}', 'Invalid symbol at line 1, column 6: found "🎉"'],
    ['\n\n  {"a":tru}', 'Invalid symbol at line 3, column 8: found "t"'],
    ['{"a":1} // note', 'Invalid comment token at line 1, column 9: found "/"'],
    ['{"a":/* note */1}', 'Invalid comment token at line 1, column 6: found "/"'],
    [' ', 'Value expected at line 1, column 2: found the end'],
  ] as const)('%j: %s', ([body, message]) => {
    expect(rejectionOf(body)).toBe(message)
  })
})

describe('bytes', () => {
  test.for<[string, number[], string]>([
    ['nothing', [], 'the body is empty'],
    ['gzip', [0x1f, 0x8b, 8, 0], 'the body is compressed with gzip; send it uncompressed'],
    [
      'a byte order mark',
      [0xef, 0xbb, 0xbf, 0x7b, 0x7d],
      'the body starts with a byte order mark; send it without one',
    ],
    ['invalid UTF-8', [0x22, 0xff, 0x22], 'the body is not UTF-8'],
    ['the first byte of gzip alone', [0x1f, 0x7b], 'Invalid symbol at line 1, column 1: found "\\u001f"'],
    ['the second byte of gzip alone', [0x7b, 0x8b], 'the body is not UTF-8'],
    ['two bytes of a byte order mark', [0xef, 0xbb, 0x7b], 'the body is not UTF-8'],
    ['a character that starts like one', [0xef, 0xbb, 0xbe], 'Invalid symbol at line 1, column 1: found "\ufefe"'],
    ['another one', [0xef, 0xbc, 0xbf], 'Invalid symbol at line 1, column 1: found "\uff3f"'],
    ['one that ends like one', [0xe2, 0xbb, 0xbf], 'Invalid symbol at line 1, column 1: found "\u2eff"'],
  ])('%s', ([, bytes, message]) => {
    expect(rejectionOf(bytes)).toBe(message)
  })
})

describe('depth', () => {
  const nested = (depth: number, inside = '') => `${'['.repeat(depth)}${inside}${']'.repeat(depth)}`
  const TOO_DEEP = 'the body is nested more than 512 levels deep at line 1, column'

  test('512 is accepted, in arrays and in objects, and 513 is not', () => {
    const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
    expect(parse(nested(512, '1'))).toBeDefined()
    expect(parse(objects(512))).toBeDefined()
    expect(rejectionOf(nested(513))).toBe(`${TOO_DEEP} 513`)
    expect(rejectionOf(objects(513))).toBe(`${TOO_DEEP} ${512 * 5 + 1}`)
  })

  test('brackets side by side and brackets in strings do not count', () => {
    expect(parse(`[${nested(511)},${nested(511)},{"a":${nested(510)}}]`)).toBeDefined()
    const text = JSON.stringify('\\"[{'.repeat(600))
    expect(rejectionOf(`[${text},{"b\\\\":[]},${nested(512)}]`)).toBe(`${TOO_DEEP} ${text.length + 523 + 2}`)
  })

  test('of two flaws, the first is reported', () => {
    expect(rejectionOf(`[1e999,${nested(512)}]`)).toBe('a number is too large')
    expect(rejectionOf(`[${nested(512)},1e999]`)).toBe(`${TOO_DEEP} 513`)
  })

  test('a broken body that is too deep for the parser that locates errors', () => {
    expect(rejectionOf('['.repeat(100_000))).toBe(`${TOO_DEEP} 513`)
  })
})

describe('valid JSON that is rejected anyway', () => {
  test.for([
    ['{"a":1e999}', 'a number is too large'],
    ['[[-1e999]]', 'a number is too large'],
    ['1e999', 'a number is too large'],
    ['{"a":{"__proto__":1}}', 'a key is named __proto__'],
    ['[1,{"__proto__":null}]', 'a key is named __proto__'],
    ['{"a":null,"b":[true,"x",1e999]}', 'a number is too large'],
    ['{}', 'the body is {}, which is not an event'],
    ['[]', 'the body is [], which is not an event'],
    ['null', 'the body is null, which is not an event'],
    ['0', 'the body is 0, which is not an event'],
    ['false', 'the body is false, which is not an event'],
    ['""', 'the body is "", which is not an event'],
    ['"0"', 'the body is "0", which is not an event'],
  ])('%s: %s', ([body, message]) => {
    expect(rejectionOf(body ?? '')).toBe(message)
  })

  test.for(['1', '-1', '"00"', '"a"', 'true', '[0]', '[null]', '{"":0}', '{"constructor":1}', '1e308'])(
    '%s is accepted',
    (body) => {
      expect(parse(body)).toEqual(JSON.parse(body))
    },
  )
})

test('a rejected body has its own error class', () => {
  expect(() => parse('{')).toThrow(expect.objectContaining({ name: 'JsonBodyError' }))
})
