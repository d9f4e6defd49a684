import { DatabaseError, Pool, type PoolClient } from 'pg'
import type { ConnectionLimits, ProjectDatabase } from './database-driver.ts'
import type { DatabaseAddress } from './database-url.ts'
import { nameFromRows, nameQuery } from './name-query.ts'
import { GuardedClient } from './postgres-client.ts'

const QUERY = nameQuery('$1')

/**
 * The id cannot be one of the column's type: no number, too large a number, a character that texts cannot hold.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const NO_SUCH_ID: ReadonlySet<string | undefined> = new Set(['22P02', '22003', '22021'])

/** A PostgreSQL database. */
export function openPostgres(address: DatabaseAddress, limits: ConnectionLimits): ProjectDatabase {
  const { host, port, user, password, database, tls } = address
  const pool = new Pool({
    Client: GuardedClient,
    host,
    port,
    user,
    // An empty text would make the driver look into the environment and the user's home.
    password: () => password,
    database,
    ssl: tls && { rejectUnauthorized: tls.verify, ...(tls.ca && { ca: tls.ca }) },
    connectionTimeoutMillis: limits.lookUpWithin,
    max: limits.connections,
    idleTimeoutMillis: limits.idleConnection,
    keepAlive: true,
  })
  // A connection that dies is replaced by the next look-up; without a listener it would end the process.
  pool.on('error', () => {})

  return {
    async findName(botId, signal) {
      const client = await pool.connect()
      if (signal.aborted) {
        client.release()
        throw signal.reason
      }
      const drop = () => void client.end()
      signal.addEventListener('abort', drop)
      let broken = true
      try {
        // A query that waits for a lock outlives its connection on the server, and such would pile up there. The limit
        // goes with the transaction: poolers in front refuse it at the start, or hand it on to others.
        await client.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${limits.lookUpWithin}`)
        const rows = await findRows(client, botId)
        await client.query('ROLLBACK')
        broken = false
        return nameFromRows(rows, botId)
      } finally {
        signal.removeEventListener('abort', drop)
        client.release(broken)
      }
    },
    close: () => pool.end(),
  }
}

async function findRows(client: PoolClient, botId: string): Promise<Record<string, unknown>[]> {
  try {
    return (await client.query<Record<string, unknown>>(QUERY, [botId])).rows
  } catch (error) {
    if (error instanceof DatabaseError && NO_SUCH_ID.has(error.code)) return []
    throw error
  }
}
