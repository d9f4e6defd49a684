import { expect, test } from 'vitest'
import { startTestService } from '../support/service.ts'
import { failures, projectOf } from '../support/tickets.ts'
import { describeDatabase } from './describe-database.ts'
import { findPostgresql } from './postgresql.ts'
import { TABLES, USER, urlFor } from './server.ts'

describeDatabase({ name: 'PostgreSQL', scheme: 'postgres', start: findPostgresql() }, (server) => {
  test("a bot id that the database's encoding cannot represent is unknown, not a failure", async () => {
    await server().run("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    const [projects = '', bots = ''] = TABLES
    await server().runIn(
      'latin',
      projects,
      bots.replace('id INT', 'id TEXT'),
      "INSERT INTO projects VALUES (1, 'Zoë')",
      "INSERT INTO bots VALUES ('Zoë', 1)",
      `GRANT SELECT ON bots, projects TO ${USER}`,
    )
    const service = await startTestService({ DATABASE_URL: urlFor('postgres', server().port, { database: 'latin' }) })
    expect(await projectOf(service, 'Zoë')).toBe('Zoë')
    for (const botId of ['日本', 'Zoë🌱']) expect(await projectOf(service, botId)).toBe('Unknown Project')
    expect(failures(service)).toEqual([])
  })
})
