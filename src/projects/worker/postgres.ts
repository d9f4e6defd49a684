import { Client, DatabaseError } from 'pg'
import type { DatabaseAddress } from '../../databases/database-url.ts'
import type { LogIn } from './connection-pool.ts'
import { nameFromRows, nameQuery, type QueryLimits } from './name-query.ts'

/**
 * Errors that mean: the column's type or character set cannot hold this id, so no bot has it.
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
  const { host, port, user, password, database, tls } = address
  const query = nameQuery({
    // Casts also take off the padding of a CHAR(n).
    botId: 'b.id::text',
    projectName: `left(p.name::text, ${limits.maxNameLength + 1})`,
    parameter: '$1',
  })

  return async (socket) => {
    let inClearText = false
    const client = new Client({
      host,
      port,
      user,
      database,
      // A function, as an empty string would make the driver look for a password elsewhere.
      password: () => {
        if (inClearText && !tls) throw new Error(CLEAR_TEXT)
        return password
      },
      ssl: tls && { rejectUnauthorized: tls.verify, ...(tls.ca && { ca: tls.ca }) },
      stream: () => socket,
    })
    client.connection.on('authenticationCleartextPassword', () => {
      inClearText = true
    })
    client.on('error', (error) => socket.destroy(error))
    await client.connect()
    return {
      async findName(botId) {
        // The limit goes with the transaction: poolers in front of the server refuse it at login, or let it loose on
        // other clients.
        await client.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${limits.statementTimeout}`)
        try {
          const { rows } = await client.query<Record<string, unknown>>(query, [botId])
          return nameFromRows(rows, botId)
        } catch (error) {
          if (error instanceof DatabaseError && NO_SUCH_ID.has(error.code)) return undefined
          throw error
        }
      },
      async settle() {
        await client.query('ROLLBACK')
      },
      end: () => void client.end(),
    }
  }
}

/**
 * MD5 is not refused: like MySQL's native password it is a challenge, not the password, and PostgreSQL up to 13 and many
 * poolers know nothing better.
 */
const CLEAR_TEXT =
  'the server asks for the password in clear text, and without TLS anybody could read it: ' +
  'add ?sslmode=require to DATABASE_URL, or have the server ask for scram-sha-256'
