import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NameCache } from '../../src/projects/name-cache.ts'

test('the oldest name is evicted first, even if names are added again', () => {
  const names = new NameCache(1000, 2, () => 0)
  names.add('x', 'X')
  for (const id of ['a', 'b', 'c', 'd']) names.add(id, id.toUpperCase())
  expect(['x', 'a', 'b', 'c', 'd'].map((id) => names.get(id))).toEqual([undefined, undefined, undefined, 'C', 'D'])
  names.add('c', 'C again')
  names.add('e', 'E')
  expect(['c', 'd', 'e'].map((id) => names.get(id))).toEqual(['C again', undefined, 'E'])
})

test('it behaves like a list that is truncated at its start', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
  const step = fc.record({ id, name: fc.string({ minLength: 1 }), pause: fc.nat(5) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, max) => {
      let now = 0
      const names = new NameCache(10, max, () => now)
      let list: { id: string; name: string; until: number }[] = []
      for (const { id, name, pause } of steps) {
        now += pause
        names.add(id, name)
        list = [...list.filter((entry) => entry.id !== id), { id, name, until: now + 10 }].slice(-max)
        for (const other of ['a', 'b', 'c', 'd', 'e', 'f']) {
          expect(names.get(other)).toBe(list.find((entry) => entry.id === other && entry.until > now)?.name)
        }
      }
    }),
  )
})
