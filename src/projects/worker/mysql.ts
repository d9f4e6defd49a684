import { authPlugins, createConnection, type RowDataPacket } from 'mysql2'
import type { DatabaseAddress } from '../../databases/database-url.ts'
import type { LogIn } from './connection-pool.ts'
import { nameFromRows, nameQuery, type QueryLimits } from './name-query.ts'

/**
 * Errors which mean that the column's type or character set cannot represent this id, so no bot has it.
 * https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
 */
const NO_SUCH_ID: ReadonlySet<unknown> = new Set([
  1267, // Illegal mix of collations
  1292, // Truncated incorrect value
  1300, // Invalid character string
  1366, // Incorrect string value
  1525, // Incorrect value of a type
  3988, // Conversion between collations impossible for a parameter
])

/** The driver also rejects this, but with a message about its own options. */
const clearPassword = reject(
  'the server requests the password in clear text (mysql_clear_password): ' +
    'configure another authentication plugin for this user',
)
/** The driver would encrypt the password with any key that it receives, so an attacker who sent one could read it. */
const serverKey = reject(
  'the server requests the password encrypted with a key that cannot be trusted without TLS: ' +
    'add ?sslmode=require to DATABASE_URL',
)
const PLUGINS_WITH_TLS = { mysql_clear_password: () => clearPassword }
const PLUGINS_WITHOUT_TLS = {
  ...PLUGINS_WITH_TLS,
  caching_sha2_password: authPlugins.caching_sha2_password({ onServerPublicKey: serverKey }),
  sha256_password: authPlugins.sha256_password({ onServerPublicKey: serverKey }),
}

/** Logs in to a MySQL or MariaDB server. */
export function mysqlLogIn(address: DatabaseAddress, limits: QueryLimits): LogIn {
  const { host, port, user, password, database, tls } = address
  const ssl = tls && { rejectUnauthorized: tls.verify, verifyIdentity: tls.verify, ...(tls.ca && { ca: tls.ca }) }
  const query = limitedQuery(limits)

  return async (socket) => {
    const client = createConnection({
      host,
      port,
      user,
      password,
      database,
      ...(ssl && { ssl }),
      authPlugins: tls ? PLUGINS_WITH_TLS : PLUGINS_WITHOUT_TLS,
      stream: () => socket.connect(port, host),
      // The pool has its own timeout.
      connectTimeout: 0,
      // Keeps the driver from generating code from server data.
      disableEval: true,
    })
    // A malformed response causes this event, but the statement never settles.
    client.on('error', (error) => socket.destroy(error))
    await new Promise<void>((resolve, reject) => {
      client.connect((error) => (error ? reject(error) : resolve()))
    })
    const statements = client.promise()
    return {
      async findName(botId) {
        try {
          const [rows] = await statements.execute<RowDataPacket[]>(query, [botId])
          return nameFromRows(rows, botId)
        } catch (error) {
          if (NO_SUCH_ID.has((error as { errno?: unknown }).errno)) return undefined
          throw error
        }
      },
      reset: async () => {},
      end: () => client.end(),
    }
  }
}

/**
 * Makes the server cancel the statement once nothing waits for it. MariaDB (since 10.1.1) reads the first comment, and
 * MySQL (since 5.7.8) the second: https://mariadb.com/kb/en/comment-syntax/,
 * https://dev.mysql.com/doc/refman/8.4/en/optimizer-hints.html#optimizer-hints-execution-time
 */
function limitedQuery({ statementTimeout, maxNameLength }: QueryLimits): string {
  const query = nameQuery({
    hint: `/*+ MAX_EXECUTION_TIME(${statementTimeout}) */`,
    botId: 'CAST(b.id AS CHAR)',
    projectName: `LEFT(CAST(p.name AS CHAR), ${maxNameLength + 1})`,
    parameter: '?',
  })
  return `/*M!100101 SET STATEMENT max_statement_time = ${statementTimeout / 1000} FOR */ ${query}`
}

function reject(message: string): () => never {
  return () => {
    throw new Error(message)
  }
}
