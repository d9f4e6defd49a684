/** What holds for every kind of database server, seen from the outside: tickets in, log files out. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startTestService } from '../support/service.ts'
import { failures, projectOf, readiness } from '../support/tickets.ts'
import { type DatabaseServer, PASSWORD, TLS_USER, urlFor } from './server.ts'

export interface DatabaseKind {
  readonly name: string
  readonly scheme: string
  /** Starts one, or undefined if this machine has none. */
  readonly start: (() => Promise<DatabaseServer>) | undefined
}

const UNKNOWN = 'Unknown Project'

export function describeDatabase(kind: DatabaseKind): void {
  if (!kind.start && process.env.REQUIRE_DATABASES !== '1') {
    console.warn(`SKIPPED: the tests with a real ${kind.name}, which is not installed. Run: .ci/install-databases`)
    test.skip(`${kind.name} is not installed: .ci/install-databases`)
    return
  }

  describe(kind.name, { timeout: 60_000 }, () => {
    let server: DatabaseServer
    const url = (parts?: Parameters<typeof urlFor>[2]) => urlFor(kind.scheme, server.port, parts)

    /** Puts another table of bots in the place of the documented one, until the test is over. */
    const withBots = async (idType: string, rows: string) => {
      await server.run(
        'ALTER TABLE bots RENAME TO numbered_bots',
        `CREATE TABLE bots (id ${idType} PRIMARY KEY, project_id INT)`,
        `INSERT INTO bots VALUES ${rows}`,
        ...(kind.scheme === 'mysql' ? [] : ['GRANT SELECT ON bots TO reader']),
      )
      onTestFinished(() => server.run('DROP TABLE bots', 'ALTER TABLE numbered_bots RENAME TO bots'))
    }

    beforeAll(async () => {
      if (!kind.start)
        throw new Error(`${kind.name} is not installed, but REQUIRE_DATABASES=1. Run: .ci/install-databases`)
      server = await kind.start()
    }, 120_000)
    afterAll(() => server?.remove())

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
      await server.run("UPDATE projects SET name = 'Renamed' WHERE id = 1", 'INSERT INTO bots VALUES (26, 2)')
      onTestFinished(() =>
        server.run("UPDATE projects SET name = 'Default Project' WHERE id = 1", 'DELETE FROM bots WHERE id = 26'),
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
      const verified = () => `?sslmode=verify-full&sslrootcert=${encodeURIComponent(server.authorityFile)}`

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
        await server.stop()
        await server.start('elsewhere.example')
        onTestFinished(async () => {
          await server.stop()
          await server.start()
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
      const unlock = await server.lock()
      // More tickets than there are connections, so that some wait in line.
      const names = await Promise.all(Array.from({ length: 20 }, (_, index) => projectOf(service, 3000 + index)))
      expect(new Set(names)).toEqual(new Set([UNKNOWN]))
      expect(failures(service)).toHaveLength(1)
      await unlock()
      await expect.poll(() => projectOf(service, 22)).toMatch(/^Zoë/)
    })

    test('a server that stops and starts in mid-run is used again', async () => {
      const service = await startTestService({ DATABASE_URL: url() })
      expect(await projectOf(service, 21)).toBe('Default Project')
      expect(await readiness(service)).toEqual([200, { status: 'ready', database: 'ok' }])

      await server.stop()
      expect(await projectOf(service, 22)).toBe(UNKNOWN)
      expect(await projectOf(service, 99)).toBe(UNKNOWN)
      expect(await projectOf(service, 21)).toBe('Default Project')
      expect(await readiness(service)).toEqual([200, { status: 'ready', database: 'unreachable' }])
      expect(failures(service)).toHaveLength(1)

      await server.start()
      expect(await projectOf(service, 22)).toMatch(/^Zoë/)
      expect(await readiness(service)).toEqual([200, { status: 'ready', database: 'ok' }])
      expect(failures(service)).toHaveLength(1)
      expect(service.ownLog.map(({ msg }) => msg)).toContain('the project database answers again')
    })
  })
}
