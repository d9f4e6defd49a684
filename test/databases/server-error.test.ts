import { DatabaseError } from 'pg'
import { expect, test } from 'vitest'
import { loggableError } from '../../src/databases/server-error.ts'

test('the message stays as one short printable line, and the code; nothing else does', () => {
  const error = new DatabaseError('new row\n\u001b[31m violates', 80, 'error')
  Object.assign(error, { code: '23514', detail: 'Failing row contains (secret).', where: 'secret' })
  const logged = loggableError(error)
  expect(logged.message).toBe('new row\\u000a\\u001b[31m violates')
  expect({ ...logged }).toEqual({ code: '23514' })
  expect(loggableError(new Error('x'.repeat(1000))).message).toHaveLength(300)
  expect({ ...loggableError('text') }).toEqual({})
})
