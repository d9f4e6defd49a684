import { Client, DatabaseError } from 'pg'
import type { BoundedSocket } from './bounded-socket.ts'
import type { DatabaseAddress } from './database-url.ts'

export { type Client, DatabaseError }

/**
 * Creates a client that is not connected yet. An error outside a statement destroys the socket with it.
 *
 * @param socket not connected yet
 */
export function createPostgresClient(address: DatabaseAddress, socket: BoundedSocket): Client {
  const { host, port, user, password, database, tls } = address
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
  return client
}

/**
 * MD5 is allowed: like MySQL's native password, it is a challenge-response method that does not send the password, and
 * PostgreSQL up to 13 and many poolers support nothing better.
 */
const CLEAR_TEXT =
  'the server requests the password in clear text, which anyone on the network could read without TLS: ' +
  "add ?sslmode=require to the database's URL, or configure the server to use scram-sha-256"
