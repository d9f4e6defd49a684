import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nameFromRows } from '../../../src/projects/worker/name-query.ts'

const UUID = '123e4567-e89b-12d3-a456-426655440000'
const isFound = (found: string, given: string) =>
  nameFromRows([{ bot_id: found, project_name: 'Name' }], given) === 'Name'

test.for([
  ['21', '21'],
  ['Support', 'Support'],
  ['31.00', '31'],
  ['31.00', '31.00'],
  ['31.50', '31.5'],
  ['-7.00', '-7'],
  ['0.00', '0'],
  ['00021', '21'],
  ['100', '100'],
  [UUID, UUID],
  [UUID, UUID.toUpperCase()],
  [UUID.toUpperCase(), UUID],
] as const)('an id that the database returns as %s equals %s', ([found, given]) => {
  expect(isFound(found, given)).toBe(true)
})

test.for([
  ['21', '21abc'],
  ['21', ' 21'],
  ['21', '021'],
  ['21', '21.0'],
  ['21', '+21'],
  ['21', '2.1e1'],
  ['31.00', '31.0'],
  ['31.50', '31'],
  ['100', '1'],
  ['7.00', '-7'],
  ['00021', '021'],
  ['Support', 'SUPPORT'],
  ['Support', 'Support '],
  ['v1.00', 'v1'],
  ['deadbeef', 'DEADBEEF'],
  [UUID, UUID.replaceAll('-', '')],
  [UUID, `{${UUID}}`],
] as const)('an id that the database returns as %s does not equal %s', ([found, given]) => {
  expect(isFound(found, given)).toBe(false)
})

test('a number in its shortest form is found, however many zeros the column adds', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.nat(9), fc.nat(9), (id, before, after) => {
      const [, sign = '', digits = ''] = /^(-?)(.*)$/.exec(String(id)) ?? []
      const found = `${sign}${'0'.repeat(before)}${digits}${after > 0 ? `.${'0'.repeat(after)}` : ''}`
      expect(isFound(found, String(id))).toBe(true)
    }),
  )
})

test('the row with exactly this id is used, and names that are empty or not strings are ignored', () => {
  const rows = [
    { bot_id: 'SUPPORT', project_name: 'Another' },
    { bot_id: 'Support', project_name: 'Name' },
  ]
  expect(nameFromRows(rows, 'Support')).toBe('Name')
  for (const name of ['', null, undefined, 21, { x: 1 }]) {
    expect(nameFromRows([{ bot_id: '21', project_name: name }], '21')).toBeUndefined()
  }
  for (const id of [21, null, undefined]) {
    expect(nameFromRows([{ bot_id: id, project_name: 'Name' }], '21')).toBeUndefined()
  }
})
