/** End-to-end tests that every kind of database server must pass: tickets in, log files out. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { startTestService } from '../support/service.ts'
import { failures, projectOf, readiness } from '../support/tickets.ts'
import { surviveByteFlips } from './byte-flips.ts'
import { delay, startProxy } from './proxy.ts'
import { type DatabaseServer, PASSWORD, TLS_USER, urlFor } from './server.ts'
import { type DatabaseKind, withDatabase } from './with-database.ts'

const UNKNOWN = 'Unknown Project'
const UUID = '123e4567-e89b-12d3-a456-426655440000'

/**
 * Defines the tests that every kind of server must pass.
 *
 * @param defineMore defines additional tests for this kind
 */
export function describeDatabase(kind: DatabaseKind, defineMore: (server: () => DatabaseServer) => void): void {
  withDatabase(kind, (server) => {
    defineMore(server)

    const url = (parts?: Parameters<typeof urlFor>[2]) => urlFor(kind.scheme, server().port, parts)

    /** Replaces a documented table for the duration of the test. */
    const withTable = async (table: 'bots' | 'projects', columns: string, rows: string) => {
      await server().run(
        `ALTER TABLE ${table} RENAME TO documented_${table}`,
        `CREATE TABLE ${table} (${columns})`,
        `INSERT INTO ${table} VALUES ${rows}`,
        ...(kind.scheme === 'mysql' ? [] : [`GRANT SELECT ON ${table} TO reader`]),
      )
      onTestFinished(() => server().run(`DROP TABLE ${table}`, `ALTER TABLE documented_${table} RENAME TO ${table}`))
    }
    const withBots = (idType: string, rows: string) =>
      withTable('bots', `id ${idType} PRIMARY KEY, project_id INT`, rows)
    const withNames = (nameType: string, rows: string) => withTable('projects', `id INT, name ${nameType}`, rows)

    test('finds names, and supports special characters in names and passwords', async () => {
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, 21)).toBe('Default Project')
      expect(await projectOf(service, '21')).toBe('Default Project')
      expect(await projectOf(service, '22')).toBe('Zoë\'s & "日本" <b>🌱</b>')
      expect(await projectOf(service, -7)).toBe('Default Project')
      expect(failures(service)).toEqual([])
    })

    test.for([
      99,
      23,
      '24',
      25,
      '',
      '21abc',
      ' 21',
      '021',
      '21.0',
      '21 OR 1=1',
      "21' OR '1'='1",
      '21"; DROP TABLE bots; --',
      '\\',
      '\u0000',
      '21\u0000',
      '\ud800',
      9007199254740991,
      -1,
      '9223372036854775808',
      '9'.repeat(200),
      'x'.repeat(100_000),
    ])('treats bot %j as unknown, not as a failure', async (botId) => {
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, botId)).toBe(UNKNOWN)
      expect(await projectOf(service, 21)).toBe('Default Project')
      expect(failures(service)).toEqual([])
    })

    test('finds names of bots whose ids are strings', async () => {
      await withBots('VARCHAR(60)', `('support', 1), ('21', 2), ('21abc', 1)`)
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, 'support')).toBe('Default Project')
      expect(await projectOf(service, 21)).toMatch(/^Zoë/)
      expect(await projectOf(service, '21abc')).toBe('Default Project')
      expect(await projectOf(service, "support' OR '1'='1")).toBe(UNKNOWN)
    })

    test('does not confuse bots whose ids the database considers equal', async () => {
      await withBots('VARCHAR(60)', `('Support', 1), ('Zoë', 2)`)
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, 'Support')).toBe('Default Project')
      expect(await projectOf(service, 'Zoë')).toMatch(/^Zoë/)
      for (const other of ['SUPPORT', 'support', 'Support ', 'Süpport', 'zoe']) {
        expect(await projectOf(service, other)).toBe(UNKNOWN)
      }
      expect(failures(service)).toEqual([])
    })

    test.for(['DECIMAL(20, 0)', 'DECIMAL(20, 2)'])('does not match an id like 31abc to a %s key', async (idType) => {
      await withBots(idType, '(31, 1)')
      const service = await startTestService({ DATABASE_URL: url() })
      for (const other of ['31abc', '31.0', ' 31', '031']) expect(await projectOf(service, other)).toBe(UNKNOWN)
      expect(failures(service)).toEqual([])
    })

    test.for([
      ['DECIMAL(20, 0)', '31', [31, '31'], []],
      ['DECIMAL(20, 2)', '31', [31, '31', '31.00'], []],
      ['DECIMAL(20, 2)', '31.5', ['31.5'], [31, '31']],
      ['CHAR(20)', "'support'", ['support'], ['support ', 'SUPPORT', 'supp']],
      ['CHAR(20)', "'21'", [21, '21'], ['021', ' 21']],
      ['UUID', `'${UUID}'`, [UUID, UUID.toUpperCase()], [UUID.replaceAll('-', ''), 'not a UUID', 21]],
      ['DATE', "'2024-05-06'", ['2024-05-06'], ['2024-13-45', 'not a date', 21]],
    ] as const)('finds the bot with a %s key of %s', async ([idType, id, same, others]) => {
      await withBots(idType, `(${id}, 1)`)
      const service = await startTestService({ DATABASE_URL: url() })
      for (const botId of same) expect(await projectOf(service, botId)).toBe('Default Project')
      for (const botId of others) expect(await projectOf(service, botId)).toBe(UNKNOWN)
      expect(failures(service)).toEqual([])
    })

    test.for([
      ['DATE', "'2024-05-06'", '2024-05-06'],
      ['JSON', `'{"a": [1]}'`, '{"a": [1]}'],
      ['INT', '7', '7'],
      ['DECIMAL(5, 2)', '7.5', '7.50'],
      ['CHAR(20)', "'Padded'", 'Padded'],
      ['VARCHAR(1001)', `'${'🌱'.repeat(1000)}'`, '🌱'.repeat(1000)],
    ] as const)('stores a %s name as the database formats it', async ([nameType, value, name]) => {
      await withNames(nameType, `(1, ${value})`)
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, 21)).toBe(name)
    })

    test('treats a name of more than 1000 characters as unknown, and reports that', async () => {
      await withNames(kind.scheme === 'mysql' ? 'LONGTEXT' : 'TEXT', "(1, REPEAT('x', 4000000)), (2, 'Short')")
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, 21)).toBe(UNKNOWN)
      expect(await projectOf(service, 22)).toBe('Short')
      const told = { msg: expect.stringMatching(/project name is too long/), bot_id: '21', max_length: 1000 }
      expect(service.logLines).toContainEqual(expect.objectContaining(told))
      expect(failures(service)).toEqual([])
    })

    test('distinguishes bots whose ids are equal as doubles', async () => {
      await withBots('BIGINT', '(9007199254740992, 1), (9007199254740993, 2)')
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, '9007199254740992')).toBe('Default Project')
      expect(await projectOf(service, '9007199254740993')).toMatch(/^Zoë/)
    })

    test('gives BOT_PROJECTS precedence', async () => {
      const service = await startTestService({ DATABASE_URL: url(), BOT_PROJECTS: '{"21":"Mine"}' })
      expect(await projectOf(service, 21)).toBe('Mine')
      expect(await projectOf(service, 22)).toMatch(/^Zoë/)
    })

    test('caches names, but not unknown bots', async () => {
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, 21)).toBe('Default Project')
      expect(await projectOf(service, 26)).toBe(UNKNOWN)
      await server().run("UPDATE projects SET name = 'Renamed' WHERE id = 1", 'INSERT INTO bots VALUES (26, 2)')
      onTestFinished(() =>
        server().run("UPDATE projects SET name = 'Default Project' WHERE id = 1", 'DELETE FROM bots WHERE id = 26'),
      )
      expect(await projectOf(service, '21')).toBe('Default Project')
      expect(await projectOf(service, -7)).toBe('Renamed')
      expect(await projectOf(service, 26)).toMatch(/^Zoë/)
    })

    test('handles many concurrent tickets with few connections', async () => {
      const service = await startTestService({ DATABASE_URL: url() })
      const names = await Promise.all(Array.from({ length: 200 }, (_, index) => projectOf(service, 2000 + index)))
      expect(new Set(names)).toEqual(new Set([UNKNOWN]))
      expect(failures(service)).toEqual([])
    })

    describe('over TLS', () => {
      const projectOver = async (options: string, { host = 'localhost', user = TLS_USER } = {}) => {
        const service = await startTestService({ DATABASE_URL: url({ host, user, options }) })
        return { project: await projectOf(service, 21), service }
      }
      const verified = () => `?sslmode=verify-full&sslrootcert=${encodeURIComponent(server().authorityFile)}`

      test('a user that requires TLS can log in with require and verify-full, but not without', async () => {
        expect((await projectOver('?sslmode=require')).project).toBe('Default Project')
        expect((await projectOver(verified())).project).toBe('Default Project')
        expect((await projectOver('')).project).toBe(UNKNOWN)
        expect((await projectOver('?sslmode=disable')).project).toBe(UNKNOWN)
      })

      test('verify-full rejects an unknown authority, and reports that', async () => {
        const { project, service } = await projectOver('?sslmode=verify-full')
        expect(project).toBe(UNKNOWN)
        expect(failures(service)).toEqual([expect.stringMatching(/certificate/)])
      })

      test('verify-full rejects a certificate for another host, which require accepts', async () => {
        await server().stop()
        await server().start('elsewhere.example')
        onTestFinished(async () => {
          await server().stop()
          await server().start()
        })
        const { project, service } = await projectOver(verified())
        expect(project).toBe(UNKNOWN)
        expect(failures(service)).toEqual([expect.stringMatching(/altnames/)])
        expect((await projectOver('?sslmode=require')).project).toBe('Default Project')
      })
    })

    test('a wrong password is reported once, without the password', async () => {
      const wrong = PASSWORD.replace('@ss', '@sS')
      const service = await startTestService({
        DATABASE_URL: url().replace(encodeURIComponent(PASSWORD), encodeURIComponent(wrong)),
      })
      expect(await projectOf(service, 21)).toBe(UNKNOWN)
      expect(await projectOf(service, 22)).toBe(UNKNOWN)
      expect(await readiness(service)).toEqual([200, { status: 'ready', database: 'unreachable' }])
      expect(failures(service)).toEqual([expect.stringMatching(/reader/)])
      // Parts that JSON does not escape.
      for (const form of [wrong, encodeURIComponent(wrong)]) {
        expect(JSON.stringify(service.logLines)).not.toContain(form.slice(1, 10))
        expect(JSON.stringify(service.logLines)).not.toContain(form.slice(-2))
      }
    })

    test('a locked table only costs tickets their names', async () => {
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, 21)).toBe('Default Project')
      const unlock = await server().lock()
      // More tickets than connections, so that some have to wait.
      const names = await Promise.all(Array.from({ length: 20 }, (_, index) => projectOf(service, 3000 + index)))
      expect(new Set(names)).toEqual(new Set([UNKNOWN]))
      expect(failures(service)).toHaveLength(1)
      await unlock()
      await expect.poll(() => projectOf(service, 22)).toMatch(/^Zoë/)
    })

    test('a granted privilege takes effect with the next ticket, even if lookups never pause', async () => {
      await server().allow(false)
      onTestFinished(() => server().allow(true))
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, 21)).toBe(UNKNOWN)
      expect(await readiness(service)).toEqual([200, { status: 'ready', database: 'unreachable' }])
      expect(await projectOf(service, 22)).toBe(UNKNOWN)
      await server().allow(true)
      expect(await projectOf(service, 21)).toBe('Default Project')
    })

    test('the server runs no more slow queries than there are connections, and cancels them', async () => {
      onTestFinished(await server().slowDown())
      const service = await startTestService({ DATABASE_URL: url() })
      const counts: number[] = []
      const counting = setInterval(async () => counts.push(await server().countStatements()), 100)
      for (let round = 0; round < 2; round += 1) {
        const names = await Promise.all(Array.from({ length: 8 }, (_, bot) => projectOf(service, 4000 + bot)))
        expect(new Set(names)).toEqual(new Set([UNKNOWN]))
      }
      clearInterval(counting)
      expect(Math.max(...counts)).toBe(4)
      await expect.poll(() => server().countStatements(), { timeout: 3000 }).toBe(0)
    })

    test('finds names over a slow network, with a latency of 125 ms in each direction', async () => {
      const port = await startProxy(server().port, delay(125))
      const service = await startTestService({ DATABASE_URL: urlFor(kind.scheme, port) })
      // The first ticket may be sent before the login has completed.
      await expect.poll(() => projectOf(service, 21), { timeout: 5000 }).toBe('Default Project')
      expect(await projectOf(service, 22)).toMatch(/^Zoë/)
      expect(await projectOf(service, -7)).toBe('Default Project')
    })

    test('bits that flip in transit only cost names', () => surviveByteFlips(kind.scheme, server(), 2))

    test('reconnects to a server that was restarted', async () => {
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, 21)).toBe('Default Project')
      expect(await readiness(service)).toEqual([200, { status: 'ready', database: 'ok' }])

      await server().stop()
      expect(await projectOf(service, 22)).toBe(UNKNOWN)
      expect(await projectOf(service, 99)).toBe(UNKNOWN)
      expect(await projectOf(service, 21)).toBe('Default Project')
      expect(await readiness(service)).toEqual([200, { status: 'ready', database: 'unreachable' }])
      expect(failures(service)).toHaveLength(1)

      await server().start()
      expect(await projectOf(service, 22)).toMatch(/^Zoë/)
      expect(await readiness(service)).toEqual([200, { status: 'ready', database: 'ok' }])
      expect(failures(service)).toHaveLength(1)
      expect(service.logLines.map(({ msg }) => msg)).toContain('project names can be read from the database again')
    })
  })
}
