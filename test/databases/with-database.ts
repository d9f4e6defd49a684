import { afterAll, beforeAll, describe, test } from 'vitest'
import type { DatabaseServer } from './server.ts'

export interface DatabaseKind {
  readonly name: string
  readonly scheme: 'mysql' | 'postgres'
  /** Starts a server; undefined if it is not installed. */
  readonly start: (() => Promise<DatabaseServer>) | undefined
}

/** Defines tests with a real server. Skips them if it is not installed, or fails if REQUIRE_DATABASES is 1. */
export function withDatabase(kind: DatabaseKind, defineTests: (server: () => DatabaseServer) => void): void {
  const { name, start } = kind
  if (!start) {
    const hint = `${name} is not installed. Run: .ci/install-databases`
    if (process.env.REQUIRE_DATABASES === '1') throw new Error(`REQUIRE_DATABASES is 1, but ${hint}`)
    console.warn(`SKIPPED: tests with a real server. ${hint}`)
    test.skip(hint)
    return
  }

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
  })
}
