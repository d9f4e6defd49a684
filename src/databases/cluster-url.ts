import { type DatabaseAddress, DatabaseUrlError, parseDatabaseUrl } from './database-url.ts'

const SHAPE = 'postgres://user:password@host1,host2/database'

/**
 * Parses the URL of a PostgreSQL server, or of several that replace one another, separated by commas as in libpq
 * (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS).
 *
 * @returns the address of each server, with the same user, database and TLS
 * @throws DatabaseUrlError
 */
export function parseClusterUrl(text: string): DatabaseAddress[] {
  const [, before, hosts, after] = /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#@]*)(.*)$/is.exec(text) ?? []
  if (before === undefined || hosts === undefined || after === undefined) {
    throw new DatabaseUrlError(`must look like ${SHAPE}.`)
  }
  const addresses = hosts.split(',').map((host) => parseDatabaseUrl(before + host + after))
  const servers = new Set(addresses.map(({ host, port }) => `${host}:${port}`))
  if (servers.size < addresses.length) throw new DatabaseUrlError('contains a server twice. Name each server once.')
  return addresses
}
