import { createPool, type RowDataPacket } from 'mysql2/promise'
import type { ConnectionLimits, ProjectDatabase } from './database-driver.ts'
import type { DatabaseAddress } from './database-url.ts'
import { nameFromRows, nameQuery } from './name-query.ts'

const QUERY = nameQuery('?')

/**
 * A MySQL or MariaDB database. Statements need no limit on the server: one that waits for a table's lock looks once a
 * second whether its client is still there, and ends with it; rows are read past the locks of others.
 */
export function openMysql(address: DatabaseAddress, limits: ConnectionLimits): ProjectDatabase {
  const { host, port, user, password, database, tls } = address
  const pool = createPool({
    host,
    port,
    user,
    password,
    database,
    ...(tls && {
      ssl: { rejectUnauthorized: tls.verify, verifyIdentity: tls.verify, ...(tls.ca && { ca: tls.ca }) },
    }),
    connectTimeout: limits.lookUpWithin,
    connectionLimit: limits.connections,
    queueLimit: limits.connections,
    // The pool drops idle connections only if it may keep fewer than it may open.
    maxIdle: limits.connections - 1,
    idleTimeout: limits.idleConnection,
    gracefulEnd: true,
    // An id beyond 2^53 comes as text, unrounded.
    supportBigNumbers: true,
  })

  return {
    async findName(botId, signal) {
      const connection = await pool.getConnection()
      if (signal.aborted) {
        connection.release()
        throw signal.reason
      }
      // The driver's own destroy() waits for the server to hang up, and leaves the query waiting with it.
      const drop = () => socketOf(connection).destroy()
      signal.addEventListener('abort', drop)
      try {
        const [rows] = await connection.execute<RowDataPacket[]>(QUERY, [botId])
        return nameFromRows(rows, botId)
      } finally {
        signal.removeEventListener('abort', drop)
        connection.release()
      }
    },
    close: () => pool.end(),
  }
}

function socketOf(connection: { readonly connection: object }): { destroy(): void } {
  return (connection.connection as { stream: { destroy(): void } }).stream
}
