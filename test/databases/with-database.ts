import { afterAll, beforeAll, describe } from 'vitest'
import { withProgram } from '../support/programs.ts'
import type { DatabaseServer } from './server.ts'

export interface DatabaseKind {
  readonly name: string
  readonly scheme: 'mysql' | 'postgres'
  /** Starts a server; undefined if it is not installed. */
  readonly start: (() => Promise<DatabaseServer>) | undefined
}

/** Defines tests with a real server. Skips them if it is not installed, or fails if REQUIRE_SERVERS is 1. */
export function withDatabase(kind: DatabaseKind, defineTests: (server: () => DatabaseServer) => void): void {
  const { name } = kind
  withProgram(
    name,
    () => kind.start,
    (start) =>
      describe(name, { timeout: 60_000 }, () => {
        let server: DatabaseServer | undefined
        beforeAll(async () => {
          server = await start()
        }, 120_000)
        afterAll(() => server?.remove())
        defineTests(() => {
          if (!server) throw new Error(`${name} is not running yet: call this only inside a test.`)
          return server
        })
      }),
  )
}
