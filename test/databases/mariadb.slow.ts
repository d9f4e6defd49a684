import { expect, onTestFinished, test } from 'vitest'
import { startTestService } from '../support/service.ts'
import { failures, projectOf } from '../support/tickets.ts'
import { describeDatabase } from './describe-database.ts'
import { findMariadb } from './mariadb.ts'
import { urlFor } from './server.ts'

describeDatabase({ name: 'MariaDB', scheme: 'mysql', start: findMariadb() }, (server) => {
  test.for([
    ['VARCHAR(60) CHARACTER SET latin1', "'Zoë'", ['Zoë'], ['日本', 'Zoë🌱', 'zoe']],
    ['VARCHAR(60) CHARACTER SET utf8mb3', "'日本'", ['日本'], ['🌱']],
    ['INT(5) ZEROFILL', '21', [21, '00021'], ['021']],
  ] as const)(
    'a bot id that a %s key cannot represent is unknown, not a failure',
    async ([idType, id, same, others]) => {
      await server().run(
        'ALTER TABLE bots RENAME TO documented_bots',
        `CREATE TABLE bots (id ${idType} PRIMARY KEY, project_id INT)`,
        `INSERT INTO bots VALUES (${id}, 1)`,
      )
      onTestFinished(() => server().run('DROP TABLE bots', 'ALTER TABLE documented_bots RENAME TO bots'))
      const service = await startTestService({ DATABASE_URL: urlFor('mysql', server().port) })
      for (const botId of same) expect(await projectOf(service, botId)).toBe('Default Project')
      for (const botId of others) expect(await projectOf(service, botId)).toBe('Unknown Project')
      expect(failures(service)).toEqual([])
    },
  )
})
