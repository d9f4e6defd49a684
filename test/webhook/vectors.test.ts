/** Sends every request recorded from the PHP sample to the real service. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { handlers } from '../../src/handlers/index.ts'
import { countLines, readRecords } from '../support/folder.ts'
import { startTestService, type TestService } from '../support/service.ts'

interface Vector {
  readonly name: string
  readonly authorization: string | null
  readonly body: string
  readonly status: number
  readonly reply: object
  readonly logged: readonly { readonly log: string; readonly record: object }[]
}

const vectors: Vector[] = JSON.parse(readFileSync(new URL('../vectors.json', import.meta.url), 'utf8'))

/** All differences from the sample that the vectors show. Everything else must be the same, in the same order. */
const INTENDED_DIFFERENCES = {
  /** Added to a record after the sample's keys. Other tests check their values. */
  addedKeys: ['event_id', 'event_timestamp', 'environment', 'client_ip', 'received_at', 'extra'],
  /** A 400 says which fields are invalid. */
  addedToRejections: ['details'],
  /** Rejected bodies of authenticated requests are stored. */
  addedLog: 'rejected_log.jsonl',
}

test('there are 146 vectors', () => {
  expect(vectors).toHaveLength(146)
})

let service: TestService
beforeAll(async () => {
  const logDir = mkdtempSync(join(tmpdir(), 'receiver-'))
  const projects = { 21: 'Default Project', 22: 'Billing & Sales' }
  const settings = { LOG_DIR: logDir, DEDUPE_TTL_SECONDS: '0', BOT_PROJECTS: JSON.stringify(projects) }
  service = await startTestService(settings, () => {})
  return async () => {
    await service.close()
    rmSync(logDir, { recursive: true })
  }
})

test.for(vectors)('$name', async (vector) => {
  const before = countLines(service.logDir)
  const response = await service.post(
    vector.body,
    vector.authorization === null ? {} : { authorization: vector.authorization },
  )
  const reply = (await response.json()) as Record<string, unknown>

  expect(response.status).toBe(vector.status)
  if (vector.status === 400) {
    expect(reply.details).not.toHaveLength(0)
    for (const key of INTENDED_DIFFERENCES.addedToRejections) delete reply[key]
  }
  expect(JSON.stringify(reply)).toBe(JSON.stringify(vector.reply))

  for (const { logFile } of Object.values(handlers)) {
    const expected = vector.logged.filter(({ log }) => `${log}.jsonl` === logFile).map(({ record }) => record)
    const added = readRecords(service.logDir, logFile).slice(before[logFile])
    const comparable = added.map(({ timestamp, ...record }, index) => {
      expect(Object.keys(added[index])[0]).toBe('timestamp')
      expect(timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
      for (const key of INTENDED_DIFFERENCES.addedKeys) delete record[key]
      return record
    })
    expect(JSON.stringify(comparable)).toBe(JSON.stringify(expected))
  }
  const { addedLog } = INTENDED_DIFFERENCES
  const rejected = (countLines(service.logDir)[addedLog] ?? 0) - (before[addedLog] ?? 0)
  expect(rejected).toBe(vector.status === 400 ? 1 : 0)
})
