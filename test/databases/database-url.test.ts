import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { DatabaseUrlError, parseDatabaseUrl, withoutPassword } from '../../src/databases/database-url.ts'
import { makeFolder } from '../support/folder.ts'

test('a URL is parsed', () => {
  expect(parseDatabaseUrl('postgres://bob:secret@db.example:6543/chat?sslmode=require')).toEqual({
    kind: 'postgres',
    host: 'db.example',
    port: 6543,
    user: 'bob',
    password: 'secret',
    database: 'chat',
    tls: { verify: false, ca: undefined },
  })
  expect(parseDatabaseUrl('mysql://bob@[::1]/chat')).toMatchObject({
    kind: 'mysql',
    host: '::1',
    port: 3306,
    password: '',
    tls: false,
  })
  expect(parseDatabaseUrl('PostgreSQL://bob@10.0.0.1/chat?sslmode=verify-full')).toMatchObject({
    kind: 'postgres',
    port: 5432,
    tls: { verify: true },
  })
})

test('percent-encoded parts are decoded', () => {
  const text = fc.string({ minLength: 1, unit: 'binary' })
  fc.assert(
    fc.property(text, text, text, (user, password, database) => {
      const path = [user, password].map(encodeURIComponent).join(':')
      const url = `mysql://${path}@db/${encodeURIComponent(database).replaceAll('.', '%2E')}`
      // The URL standard treats "." and ".." as relative path segments, encoded or not.
      fc.pre(database !== '.' && database !== '..')
      expect(parseDatabaseUrl(url)).toMatchObject({ user, password, database })
    }),
  )
})

test.for([
  ['db.example', /must look like/],
  ['sqlite:///tmp/file', /must look like/],
  ['mysql:bob@db/chat', /must look like/],
  ['mysql://', /not a valid URL|one host/],
  ['mysql://bob:hunter2@/chat', /not a valid URL|one host/],
  ['mysql://bob:hunter2@db1,db2/chat', /one host/],
  ['mysql://bob:hunter2@%2Frun%2Fsocket/chat', /one host/],
  ['mysql://bob:hunter2@db:0/chat', /port/],
  ['mysql://bob:hunter2@db:70000/chat', /not a valid URL/],
  ['mysql://:hunter2@db/chat', /no user/],
  ['mysql://db/chat', /no user/],
  ['mysql://bob:hunter2@db', /no database/],
  ['mysql://bob:hunter2@db/', /no database/],
  ['mysql://bob:hunter2@db/chat/bots', /after the database/],
  ['mysql://bob:hunter2 @db/chat', /contains a space/],
  ['mysql://bob:hunter2\n@db/chat', /contains a space/],
  ['mysql://bob:hunter2%@db/chat', /percent-encoded/],
  ['mysql://bob:hunter2%ff@db/chat', /percent-encoded/],
  ['mysql://bob:hunter2/x@db/chat', /not a valid URL/],
  ['mysql://bob:1/hunter2@db/chat', /cut off/],
  ['mysql://bob:1?hunter2@db/chat', /cut off/],
  ['mysql://bob:1#hunter2@db/chat', /cut off/],
  ['mysql://bob:hunter2@db/chat#', /#/],
  ['mysql://bob:hunter2@db/chat?ssl=true', /only sslmode and sslrootcert/],
  ['mysql://bob:hunter2@db/chat?sslmode=require&sslmode=disable', /each at most once/],
  ['mysql://bob:hunter2@db/chat?sslmode=prefer', /sslmode/],
  ['mysql://bob:hunter2@db/chat?sslmode=require&sslrootcert=ca.pem', /requires sslmode=verify-full/],
  [
    'mysql://bob:hunter2@db/chat?sslmode=verify-full&sslrootcert=/no/such/file',
    /cannot be read, \/no\/such\/file: the file does not exist\./,
  ],
  ['mysql://bob:hunter2@127.0.0.1/chat?sslmode=verify-full', /host name/],
] as const)('%s is rejected, without showing the password', ([url, reason]) => {
  const error = thrownBy(() => readConfig({ WEBHOOK_SECRET: 'a-token-for-the-tests', DATABASE_URL: url }))
  expect(error).toBeInstanceOf(ConfigError)
  const line = error.message.split('\n').find((text) => text.startsWith('  DATABASE_URL: '))
  expect(line).toMatch(reason)
  expect(error.message).not.toContain('hunter2')
})

test('any string is either parsed or rejected, without showing the password', () => {
  const part = fc.oneof(fc.constantFrom('@', ':', '/', '?', '#', '%', '[', ']', '&', '=', 'sslmode', 'x'), fc.string())
  fc.assert(
    fc.property(fc.array(part), fc.array(part), (before, after) => {
      const url = `mysql://bob:${before.join('')}hunter2${after.join('')}@db/chat`
      try {
        parseDatabaseUrl(url)
      } catch (error) {
        expect(error).toBeInstanceOf(DatabaseUrlError)
        expect(String(error)).not.toContain('hunter2')
      }
    }),
  )
})

test('a file without a certificate is rejected', () => {
  const file = join(makeFolder(), 'ca.pem')
  writeFileSync(file, 'no certificate')
  expect(() => parseDatabaseUrl(`postgres://bob@db/chat?sslmode=verify-full&sslrootcert=${file}`)).toThrow(
    /contains no certificate/,
  )
})

function thrownBy(run: () => unknown): Error {
  try {
    run()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

test('a URL is shown without its password, for any user, password and host', () => {
  const part = fc.string({ unit: 'grapheme', minLength: 1 })
  const password = fc.oneof(
    part.map((text) => `!${text}!`).map(encodeURIComponent),
    // Not every special character must be encoded, since the password ends at the last @.
    fc.stringMatching(/^![\w:@;+~!$&'()*,=-]{0,20}!$/),
  )
  const host = fc.constantFrom('db', 'db:5432', '[::1]', '[::1]:3306', '10.0.0.1')
  fc.assert(
    fc.property(part.map(encodeURIComponent), password, host, (user, secret, place) => {
      const url = `postgres://${user}:${secret}@${place}/chat?sslmode=require`
      expect(parseDatabaseUrl(url).password).toBe(decodeURIComponent(secret))
      expect(withoutPassword(url)).toBe(`postgres://${user}:********@${place}/chat?sslmode=require`)
      const withoutOne = `mysql://${user}@${place}/chat`
      expect(withoutPassword(withoutOne)).toBe(withoutOne)
    }),
  )
})
