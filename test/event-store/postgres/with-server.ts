import { afterAll, beforeAll } from 'vitest'
import { findPostgresql, type PostgresqlServer } from '../../databases/postgresql.ts'
import { withProgram } from '../../support/programs.ts'

/** Defines tests with a PostgreSQL server. Skips them if it is not installed, or fails if REQUIRE_SERVERS is 1. */
export function withServer(defineTests: (server: () => PostgresqlServer) => void): void {
  withProgram('PostgreSQL', findPostgresql, (start) => {
    let server: PostgresqlServer | undefined
    beforeAll(async () => {
      server = await start()
    }, 120_000)
    // It writes a checkpoint of all databases.
    afterAll(() => server?.remove(), 60_000)
    defineTests(() => {
      if (!server) throw new Error('PostgreSQL is not running yet: call this only inside a test.')
      return server
    })
  })
}
