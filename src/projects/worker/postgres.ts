import { Client, DatabaseError } from 'pg'
import type { DatabaseAddress } from '../../databases/database-url.ts'
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
  const { host, port, user, password, database, tls } = address
  const query = nameQuery({
    // The casts also remove the padding of CHAR(n).
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
      // A function, because an empty string would make the driver look for a password elsewhere.
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

/**
 * MD5 is allowed: like MySQL's native password, it is a challenge-response method that does not send the password, and
 * PostgreSQL up to 13 and many poolers support nothing better.
 */
const CLEAR_TEXT =
  'the server requests the password in clear text, which anyone on the network could read without TLS: ' +
  'add ?sslmode=require to DATABASE_URL, or configure the server to use scram-sha-256'
