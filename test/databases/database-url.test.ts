import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { DatabaseUrlError, parseDatabaseUrl, withoutPassword } from '../../src/databases/database-url.ts'
import { makeFolder } from '../support/folder.ts'

test('a URL is taken apart', () => {
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

test('percent-encoded texts come out as they went in', () => {
  const text = fc.string({ minLength: 1, unit: 'binary' })
  fc.assert(
    fc.property(text, text, text, (user, password, database) => {
      const path = [user, password].map(encodeURIComponent).join(':')
      const url = `mysql://${path}@db/${encodeURIComponent(database).replaceAll('.', '%2E')}`
      // The URL standard takes "." and ".." for steps in a path, encoded or not.
      fc.pre(database !== '.' && database !== '..')
      expect(parseDatabaseUrl(url)).toMatchObject({ user, password, database })
    }),
  )
})

test.for([
  ['db.example', /must look like/],
  ['sqlite:///tmp/file', /must look like/],
  ['mysql:bob@db/chat', /must look like/],
  ['mysql://', /no URL|one host/],
  ['mysql://bob:hunter2@/chat', /no URL|one host/],
  ['mysql://bob:hunter2@db1,db2/chat', /one host/],
  ['mysql://bob:hunter2@%2Frun%2Fsocket/chat', /one host/],
  ['mysql://bob:hunter2@db:0/chat', /port/],
  ['mysql://bob:hunter2@db:70000/chat', /no URL/],
  ['mysql://:hunter2@db/chat', /no user/],
  ['mysql://db/chat', /no user/],
  ['mysql://bob:hunter2@db', /no database/],
  ['mysql://bob:hunter2@db/', /no database/],
  ['mysql://bob:hunter2@db/chat/bots', /after the database/],
  ['mysql://bob:hunter2 @db/chat', /blank/],
  ['mysql://bob:hunter2\n@db/chat', /blank/],
  ['mysql://bob:hunter2%@db/chat', /percent-encoded/],
  ['mysql://bob:hunter2%ff@db/chat', /percent-encoded/],
  ['mysql://bob:hunter2/x@db/chat', /no URL/],
  ['mysql://bob:1/hunter2@db/chat', /cut short/],
  ['mysql://bob:1?hunter2@db/chat', /cut short/],
  ['mysql://bob:1#hunter2@db/chat', /cut short/],
  ['mysql://bob:hunter2@db/chat#', /#/],
  ['mysql://bob:hunter2@db/chat?ssl=true', /nothing else/],
  ['mysql://bob:hunter2@db/chat?sslmode=require&sslmode=disable', /each once/],
  ['mysql://bob:hunter2@db/chat?sslmode=prefer', /sslmode/],
  ['mysql://bob:hunter2@db/chat?sslmode=require&sslrootcert=ca.pem', /verify-full only/],
  [
    'mysql://bob:hunter2@db/chat?sslmode=verify-full&sslrootcert=/no/such/file',
    /such\/file, that cannot be read: there is no such file\./,
  ],
  ['mysql://bob:hunter2@127.0.0.1/chat?sslmode=verify-full', /host name/],
] as const)('%s is refused, and the password never shown', ([url, reason]) => {
  const refusal = thrownBy(() => readConfig({ WEBHOOK_SECRET: 'a-token-of-the-tests', DATABASE_URL: url }))
  expect(refusal).toBeInstanceOf(ConfigError)
  const line = refusal.message.split('\n').find((text) => text.startsWith('  DATABASE_URL: '))
  expect(line).toMatch(reason)
  expect(refusal.message).not.toContain('hunter2')
})

test('whatever stands there is read or refused, and the password never shown', () => {
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

test('a file without a certificate is refused', () => {
  const file = join(makeFolder(), 'ca.pem')
  writeFileSync(file, 'no certificate')
  expect(() => parseDatabaseUrl(`postgres://bob@db/chat?sslmode=verify-full&sslrootcert=${file}`)).toThrow(
    /holds no certificate/,
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

test('a URL is shown without its password, whatever the user, the password and the host look like', () => {
  const part = fc.string({ unit: 'grapheme', minLength: 1 })
  const password = fc.oneof(
    part.map((text) => `!${text}!`).map(encodeURIComponent),
    // Not every character has to be encoded: the last @ ends the password.
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
