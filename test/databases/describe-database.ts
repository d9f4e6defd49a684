/** What holds for every kind of database server, seen from outside: tickets in, log files out. */
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
 * Defines what holds for every kind of server.
 *
 * @param defineMore tests of this kind alone
 */
export function describeDatabase(kind: DatabaseKind, defineMore: (server: () => DatabaseServer) => void): void {
  withDatabase(kind, (server) => {
    defineMore(server)

    const url = (parts?: Parameters<typeof urlFor>[2]) => urlFor(kind.scheme, server().port, parts)

    /** Puts another table in place of a documented one, until the test is over. */
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

    test('finds names, whatever characters the name and the password have', async () => {
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
    ])('has no name for bot %j, and no failure', async (botId) => {
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, botId)).toBe(UNKNOWN)
      expect(await projectOf(service, 21)).toBe('Default Project')
      expect(failures(service)).toEqual([])
    })

    test('finds names of bots whose ids are texts', async () => {
      await withBots('VARCHAR(60)', `('support', 1), ('21', 2), ('21abc', 1)`)
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, 'support')).toBe('Default Project')
      expect(await projectOf(service, 21)).toMatch(/^Zoë/)
      expect(await projectOf(service, '21abc')).toBe('Default Project')
      expect(await projectOf(service, "support' OR '1'='1")).toBe(UNKNOWN)
    })

    test('gives no bot the project of another whose id the database takes for the same', async () => {
      await withBots('VARCHAR(60)', `('Support', 1), ('Zoë', 2)`)
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, 'Support')).toBe('Default Project')
      expect(await projectOf(service, 'Zoë')).toMatch(/^Zoë/)
      for (const other of ['SUPPORT', 'support', 'Support ', 'Süpport', 'zoe']) {
        expect(await projectOf(service, other)).toBe(UNKNOWN)
      }
      expect(failures(service)).toEqual([])
    })

    test.for(['DECIMAL(20, 0)', 'DECIMAL(20, 2)'])('gives an id like 31abc no bot of a %s key', async (idType) => {
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
      ['UUID', `'${UUID}'`, [UUID, UUID.toUpperCase()], [UUID.replaceAll('-', ''), 'no UUID', 21]],
      ['DATE', "'2024-05-06'", ['2024-05-06'], ['2024-13-45', 'no date', 21]],
    ] as const)('finds the bot of a %s key that is %s', async ([idType, id, same, others]) => {
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
    ] as const)('stores a %s name as the database writes it', async ([nameType, value, name]) => {
      await withNames(nameType, `(1, ${value})`)
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, 21)).toBe(name)
    })

    test('counts a name of more than 1000 characters as unknown, and says so', async () => {
      await withNames(kind.scheme === 'mysql' ? 'LONGTEXT' : 'TEXT', "(1, REPEAT('x', 4000000)), (2, 'Short')")
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, 21)).toBe(UNKNOWN)
      expect(await projectOf(service, 22)).toBe('Short')
      expect(service.ownLog.map(({ msg }) => msg)).toContainEqual(expect.stringMatching(/bot 21 .* 1000 characters/))
      expect(failures(service)).toEqual([])
    })

    test('tells bots apart whose ids a double cannot', async () => {
      await withBots('BIGINT', '(9007199254740992, 1), (9007199254740993, 2)')
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, '9007199254740992')).toBe('Default Project')
      expect(await projectOf(service, '9007199254740993')).toMatch(/^Zoë/)
    })

    test('lets BOT_PROJECTS win for the bots that it names', async () => {
      const service = await startTestService({ DATABASE_URL: url(), BOT_PROJECTS: '{"21":"Mine"}' })
      expect(await projectOf(service, 21)).toBe('Mine')
      expect(await projectOf(service, 22)).toMatch(/^Zoë/)
    })

    test('remembers found names, and no others', async () => {
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

    test('goes through many tickets at once with few connections', async () => {
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

      test('a user who needs it gets in with require and verify-full, and not without', async () => {
        expect((await projectOver('?sslmode=require')).project).toBe('Default Project')
        expect((await projectOver(verified())).project).toBe('Default Project')
        expect((await projectOver('')).project).toBe(UNKNOWN)
        expect((await projectOver('?sslmode=disable')).project).toBe(UNKNOWN)
      })

      test('verify-full refuses an authority that nobody knows, and says so', async () => {
        const { project, service } = await projectOver('?sslmode=verify-full')
        expect(project).toBe(UNKNOWN)
        expect(failures(service)).toEqual([expect.stringMatching(/certificate/)])
      })

      test('verify-full refuses a certificate for another host, which require accepts', async () => {
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

    test('a wrong password is told once, without the password', async () => {
      const wrong = PASSWORD.replace('@ss', '@sS')
      const service = await startTestService({
        DATABASE_URL: url().replace(encodeURIComponent(PASSWORD), encodeURIComponent(wrong)),
      })
      expect(await projectOf(service, 21)).toBe(UNKNOWN)
      expect(await projectOf(service, 22)).toBe(UNKNOWN)
      expect(await readiness(service)).toEqual([200, { status: 'ready', database: 'unreachable' }])
      expect(failures(service)).toEqual([expect.stringMatching(/reader/)])
      // Pieces that the log would not write otherwise than they are: the JSON has its own way with some characters.
      for (const form of [wrong, encodeURIComponent(wrong)]) {
        expect(JSON.stringify(service.ownLog)).not.toContain(form.slice(1, 10))
        expect(JSON.stringify(service.ownLog)).not.toContain(form.slice(-2))
      }
    })

    test('a locked table costs a ticket its name, and nothing more', async () => {
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, 21)).toBe('Default Project')
      const unlock = await server().lock()
      // More tickets than there are connections, so that some wait in line.
      const names = await Promise.all(Array.from({ length: 20 }, (_, index) => projectOf(service, 3000 + index)))
      expect(new Set(names)).toEqual(new Set([UNKNOWN]))
      expect(failures(service)).toHaveLength(1)
      await unlock()
      await expect.poll(() => projectOf(service, 22)).toMatch(/^Zoë/)
    })

    test('a right that is granted takes effect with the next ticket, even if somebody keeps asking', async () => {
      await server().allow(false)
      onTestFinished(() => server().allow(true))
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, 21)).toBe(UNKNOWN)
      expect(await readiness(service)).toEqual([200, { status: 'ready', database: 'unreachable' }])
      expect(await projectOf(service, 22)).toBe(UNKNOWN)
      await server().allow(true)
      expect(await projectOf(service, 21)).toBe('Default Project')
    })

    test('a slow query runs on the server no more often than there are connections, and ends by itself', async () => {
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

    test('names come from far away, 125 ms in each direction', async () => {
      const port = await startProxy(server().port, delay(125))
      const service = await startTestService({ DATABASE_URL: urlFor(kind.scheme, port) })
      // The first ticket may come before the login is through.
      await expect.poll(() => projectOf(service, 21), { timeout: 5000 }).toBe('Default Project')
      expect(await projectOf(service, 22)).toMatch(/^Zoë/)
      expect(await projectOf(service, -7)).toBe('Default Project')
    })

    test('bits that flip on the way cost names, and nothing more', () => surviveByteFlips(kind.scheme, server(), 2))

    test('a server that stops and starts in mid-run is used again', async () => {
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
      expect(service.ownLog.map(({ msg }) => msg)).toContain('project names can be read from the database again')
    })
  })
}
