import type { DatabaseAddress } from '../../databases/database-url.ts'
import { createPostgresClient, DatabaseError } from '../../databases/postgres-client.ts'
import type { LogIn } from './connection-pool.ts'
import { nameFromRows, nameQuery, type QueryLimits } from './name-query.ts'

/**
 * Errors which mean that the column's type or character set cannot represent this id, so no bot has it.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const NO_SUCH_ID: ReadonlySet<string | undefined> = new Set([
  '22P02', // invalid text representation
  '22P05', // untranslatable character
  '22003', // numeric value out of range
  '22007', // invalid datetime format
  '22008', // datetime field overflow
  '22021', // character not in repertoire
])

/** Logs in to a PostgreSQL server. */
export function postgresLogIn(address: DatabaseAddress, limits: QueryLimits): LogIn {
  const query = nameQuery({
    // The casts also remove the padding of CHAR(n).
    botId: 'b.id::text',
    projectName: `left(p.name::text, ${limits.maxNameLength + 1})`,
    parameter: '$1',
  })

  return async (socket) => {
    const client = createPostgresClient(address, socket)
    await client.connect()
    return {
      async findName(botId) {
        // The timeout is set per transaction: connection poolers reject it at login, or apply it to other clients.
        await client.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${limits.statementTimeout}`)
        try {
          const { rows } = await client.query<Record<string, unknown>>(query, [botId])
          return nameFromRows(rows, botId)
        } catch (error) {
          if (error instanceof DatabaseError && NO_SUCH_ID.has(error.code)) return undefined
          throw error
        }
      },
      async reset() {
        await client.query('ROLLBACK')
      },
      end: () => void client.end(),
    }
  }
}
