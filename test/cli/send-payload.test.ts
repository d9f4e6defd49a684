import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createUniqueClock, parseAssignment, setField, toNewEvent, withTime } from '../../src/cli/send/payload.ts'
import { printable } from '../../src/lib/printable.ts'

test.for([
  ['message=Hi there', ['message'], 'Hi there'],
  ['message=a=b', ['message'], 'a=b'],
  ['message=', ['message'], ''],
  ['ticket_number=7', ['ticket_number'], 7],
  ['ticket_number="7"', ['ticket_number'], '7'],
  ['ticket_number=007', ['ticket_number'], '007'],
  ['message=null', ['message'], null],
  ['ticket_data={"name":"Jane"}', ['ticket_data'], { name: 'Jane' }],
  ['ticket_data.name=Jane', ['ticket_data', 'name'], 'Jane'],
] as const)('--set %s is parsed', ([text, path, value]) => {
  expect(parseAssignment(text)).toEqual({ path, value })
})

test.for(['message', '=x', '', 'a..b=1', '.a=1', 'a.=1'])('--set %s is rejected with an example', (text) => {
  expect(() => parseAssignment(text)).toThrow('--set requires a field and a value')
})

test('a field that is set has the new value, and the original does not change', () => {
  const key = fc.constantFrom('a', 'b', '0', '1', '__proto__', 'constructor', 'toString')
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.array(key, { minLength: 1, maxLength: 4 }),
      fc.jsonValue(),
      (target, path, value) => {
        const before = JSON.stringify(target)
        let found: unknown = JSON.parse(JSON.stringify(setField(target, { path, value })))
        for (const step of path) found = Object.getOwnPropertyDescriptor(found, step)?.value
        expect(JSON.stringify(found)).toBe(JSON.stringify(value))
        expect(JSON.stringify(target)).toBe(before)
        expect(({} as Record<string, unknown>).a).toBeUndefined()
      },
    ),
  )
})

test('an array element is replaced in place', () => {
  expect(setField({ response: { buttons: ['a', 'b'] } }, parseAssignment('response.buttons.1=c'))).toEqual({
    response: { buttons: ['a', 'c'] },
  })
})

test('every time field is updated, and none is added', () => {
  expect(withTime({ a: 1, timestamp: 'old' }, 'new')).toEqual({ a: 1, timestamp: 'new' })
  expect(withTime({ request_time: 'old' }, 'new')).toEqual({ request_time: 'new' })
  expect(withTime({ a: 1 }, 'new')).toEqual({ a: 1 })
})

test('a new event gets a time if it would otherwise be identified by its ticket number alone', () => {
  expect(toNewEvent({ ticket_number: 'T-1' }, 'new')).toEqual({ ticket_number: 'T-1', timestamp: 'new' })
  expect(toNewEvent({ ticket_number: 7, request_time: '' }, 'new')).toEqual({ ticket_number: 7, request_time: 'new' })
  expect(toNewEvent({ message: 'no ticket number, so always new' }, 'new')).not.toHaveProperty('timestamp')
})

test('the clock never repeats a time, even if the system clock stops or goes back', () => {
  const times = [5, 5, 5, 3, 20]
  const next = createUniqueClock(() => times.shift() ?? 0)
  const returned = [next(), next(), next(), next(), next(), next()]
  expect(returned.map((time) => Date.parse(time))).toEqual([5, 6, 7, 8, 20, 21])
})

test('control characters are escaped in output', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printable(text)).not.toMatch(/[^\P{C}\n\t]|[\p{Zl}\p{Zp}]/u)
    }),
  )
  expect(printable('a\u001b[31m\u202eb\n\tc\u0085')).toBe('a\\u001b[31m\\u202eb\n\tc\\u0085')
})
