import { expect, test } from 'vitest'
import { surviveByteFlips } from './byte-flips.ts'
import { findPostgresql } from './postgresql.ts'
import { withDatabase } from './with-database.ts'

withDatabase({ name: 'PostgreSQL', scheme: 'postgres', start: findPostgresql() }, (server) => {
  test('bits that flip in transit for a minute only cost names', { timeout: 150_000 }, async () => {
    const { sent, named } = await surviveByteFlips('postgres', server(), 60)
    expect(named).toBeGreaterThan(0)
    expect(named).toBeLessThan(sent)
  })
})
