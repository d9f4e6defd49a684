import { reasonOf } from '../lib/errors.ts'
import type { DatabaseAddress } from './database-url.ts'
import { PostgresConnection, type QueryLimits } from './postgres-connection.ts'
import { sharedLookup } from './shared-lookup.ts'

/**
 * Whether the server accepts writes, and its timeline, a number that a promotion increases: the first eight digits of
 * a WAL file's name (https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-TIMELINES).
 */
const ROLE = `
  SELECT pg_is_in_recovery() AS "isStandby",
    current_setting('transaction_read_only') = 'on' AS "isReadOnly",
    CASE WHEN pg_is_in_recovery() THEN '' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END AS timeline`

interface Role {
  readonly isStandby: boolean
  readonly isReadOnly: boolean
  readonly timeline: string
}

interface Server {
  readonly address: DatabaseAddress
  readonly lookup: ReturnType<typeof sharedLookup>
}

interface Candidate {
  readonly connection: PostgresConnection
  readonly timeline: string
}

/**
 * Finds the primary among the servers of a cluster. Of two servers that both believe to be it, the one that was promoted
 * last is right, so it never returns to a server with an older timeline than one that it has seen.
 */
export class PrimaryFinder {
  readonly #servers: readonly Server[]
  readonly #limits: QueryLimits
  #timeline = ''

  /** @param limits for each login */
  constructor(addresses: readonly DatabaseAddress[], limits: QueryLimits) {
    this.#servers = addresses.map((address) => ({ address, lookup: sharedLookup() }))
    this.#limits = limits
  }

  /**
   * Asks all servers at the same time, and waits for all of them.
   *
   * @throws Error if none is the primary; its message has the reason for each, but no password
   */
  async connect(): Promise<PostgresConnection> {
    const results = await Promise.allSettled(this.#servers.map((server) => this.#ask(server)))
    const candidates = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
    const latest = candidates.reduce((timeline, candidate) => max(timeline, candidate.timeline), this.#timeline)
    this.#timeline = latest
    const chosen = candidates.find(({ timeline }) => timeline === latest)
    for (const candidate of candidates) if (candidate !== chosen) candidate.connection.close()
    if (chosen) return chosen.connection

    const reasons = this.#servers.map(({ address: { host, port } }, index) => {
      const result = results[index]
      const reason = result?.status === 'rejected' ? reasonOf(result.reason) : 'another server was promoted after it'
      return `${host}:${port}: ${reason}`
    })
    throw new Error(reasons.join('; '))
  }

  async #ask({ address, lookup }: Server): Promise<Candidate> {
    const connection = await PostgresConnection.open(address, lookup, this.#limits)
    try {
      const { rows } = await connection.query<Role>(ROLE, [], this.#limits)
      const [role] = rows
      if (!role || role.isStandby) throw new Error('is a standby, not the primary')
      if (role.isReadOnly) throw new Error('accepts no writes: default_transaction_read_only is on')
      return { connection, timeline: role.timeline }
    } catch (error) {
      connection.close()
      throw error
    }
  }
}

/** Timelines have eight hexadecimal digits. */
function max(left: string, right: string): string {
  return left > right ? left : right
}
