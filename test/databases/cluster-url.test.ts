import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseClusterUrl } from '../../src/databases/cluster-url.ts'
import { DatabaseUrlError, parseDatabaseUrl, withoutPassword } from '../../src/databases/database-url.ts'

test('several servers share everything but the host and the port', () => {
  const url = 'postgres://bob:p%40ss@db1.example:6543,[::1],10.0.0.3/chat?sslmode=require'
  const shared = {
    kind: 'postgres',
    user: 'bob',
    password: 'p@ss',
    database: 'chat',
    tls: { verify: false, ca: undefined },
  }
  expect(parseClusterUrl(url)).toEqual([
    { ...shared, host: 'db1.example', port: 6543 },
    { ...shared, host: '::1', port: 5432 },
    { ...shared, host: '10.0.0.3', port: 5432 },
  ])
  expect(withoutPassword(url)).toBe('postgres://bob:********@db1.example:6543,[::1],10.0.0.3/chat?sslmode=require')
})

test('each address is that of a URL with one server', () => {
  const part = fc.string({ minLength: 1, unit: 'binary' }).filter((text) => text !== '.' && text !== '..')
  const host = fc.constantFrom('a', 'b.example', '10.0.0.1', '[::1]', 'c:1', '[::2]:65535')
  fc.assert(
    fc.property(part, part, part, fc.uniqueArray(host, { minLength: 1 }), (user, password, database, hosts) => {
      const credentials = [user, password].map(encodeURIComponent).join(':')
      const urlOf = (servers: string) =>
        `postgres://${credentials}@${servers}/${encodeURIComponent(database).replaceAll('.', '%2E')}`
      expect(parseClusterUrl(urlOf(hosts.join(',')))).toEqual(hosts.map((server) => parseDatabaseUrl(urlOf(server))))
    }),
  )
})

test.for([
  ['mysql://bob:hunter2@db/chat', /must look like postgres:/],
  ['db1,db2/chat', /must look like postgres:/],
  ['postgres://bob:hunter2@/chat', /not a valid URL|one host/],
  ['postgres://bob:hunter2@a,/chat', /not a valid URL|one host/],
  ['postgres://bob:hunter2@,a/chat', /not a valid URL|one host/],
  ['postgres://bob:hunter2@a,a/chat', /twice/],
  ['postgres://bob:hunter2@a,a:5432/chat', /twice/],
  ['postgres://bob:hunter2@a,b', /no database/],
  ['postgres://a,b/chat', /no user/],
  ['postgres://bob:hun/ter2@a,b/chat', /./],
  ['postgres://bob:hun,ter2#@a,b/chat', /./],
  ['postgres://bob:hunter2@a:1,b:x/chat', /not a valid URL/],
] as const)('%s is rejected, and the message has no part of the password', ([url, message]) => {
  let error: unknown
  try {
    parseClusterUrl(url)
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(DatabaseUrlError)
  expect((error as Error).message).toMatch(message)
  expect((error as Error).message).not.toMatch(/hun|ter2/)
})
