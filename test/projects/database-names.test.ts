import { expect, onTestFinished, test } from 'vitest'
import { DatabaseNames, type DatabaseNamesLimits } from '../../src/projects/database-names.ts'
import { type Incident, reportingTo } from '../support/telemetry.ts'

const LIMITS: DatabaseNamesLimits = {
  lookupTimeout: 100,
  maxConnections: 2,
  maxWaiting: 3,
  maxNameLength: 20,
  cacheTtl: 60_000,
  maxCachedNames: 3,
  reportInterval: 60_000,
  checkInterval: 5_000,
  closeTimeout: 50,
}

type FindName = (botId: string, signal: AbortSignal) => Promise<string | undefined>

const never = () => new Promise<never>(() => {})
const untilDropped: FindName = (_botId, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

/** Names from a fake database, with a clock that the test sets. */
function namesFrom(findName: FindName, limits: Partial<DatabaseNamesLimits> = {}) {
  const setting = { findName, now: 0, close: async () => {} }
  const asked: string[] = []
  const incidents: Incident[] = []
  const names = new DatabaseNames(
    {
      findName(botId, signal) {
        asked.push(botId)
        return setting.findName(botId, signal)
      },
      close: () => setting.close(),
    },
    { ...LIMITS, ...limits },
    reportingTo((incident) => incidents.push(incident)),
    () => setting.now,
  )
  onTestFinished(() => names.close())
  return { names, setting, asked, incidents }
}

test('a name is cached for a minute, also for the same id as a string', async () => {
  const { names, setting, asked } = namesFrom(async (botId) => `Project of ${botId}`)
  expect(await names.nameOf(21)).toBe('Project of 21')
  setting.now = 59_999
  expect(await names.nameOf('21')).toBe('Project of 21')
  expect(asked).toEqual(['21'])
  setting.now = 60_000
  setting.findName = async () => 'Renamed'
  expect(await names.nameOf(21)).toBe('Renamed')
  expect(asked).toEqual(['21', '21'])
})

test('the cache keeps only the newest names', async () => {
  const { names, asked } = namesFrom(async (botId) => botId)
  for (const bot of [1, 2, 3, 4]) await names.nameOf(bot)
  asked.length = 0
  for (const bot of [4, 3, 2, 1]) await names.nameOf(bot)
  expect(asked).toEqual(['1'])
})

test('an unknown bot is looked up each time, and is not a failure', async () => {
  const { names, asked, incidents } = namesFrom(async () => undefined)
  expect(await names.nameOf(1)).toBeUndefined()
  expect(await names.nameOf(1)).toBeUndefined()
  expect(asked).toEqual(['1', '1'])
  expect(incidents).toEqual([])
  expect(names.status()).toBe('ok')
})

test('concurrent tickets for the same bot share a lookup', async () => {
  const { names, asked } = namesFrom(async () => 'One')
  expect(await Promise.all([names.nameOf(21), names.nameOf('21'), names.nameOf(21)])).toEqual(['One', 'One', 'One'])
  expect(asked).toEqual(['21'])
})

test('a lookup ends at the deadline, even if the driver hangs', async () => {
  const { names, incidents } = namesFrom(never)
  expect(await Promise.all([1, 2, 3, 4].map((bot) => names.nameOf(bot)))).toEqual(Array(4).fill(undefined))
  expect(incidents.map(({ reason }) => reason)).toEqual(['no response within 100 ms'])
})

test('running and waiting lookups are limited, and others fail immediately', async () => {
  const { names, asked, incidents } = namesFrom(untilDropped)
  const all = [1, 2, 3, 4, 5].map((bot) => names.nameOf(bot))
  expect(await names.nameOf(6)).toBeUndefined()
  expect(asked).toEqual(['1', '2'])
  expect(incidents.map(({ reason }) => reason)).toEqual(['3 lookups are already waiting'])
  await Promise.all(all)
})

test('waiting lookups run once the database has recovered', async () => {
  const { names, setting } = namesFrom(untilDropped)
  await Promise.all([1, 2, 3, 4, 5].map((bot) => names.nameOf(bot)))
  setting.findName = async (botId) => `Project of ${botId}`
  const found = await Promise.all([1, 2, 3, 4, 5].map((bot) => names.nameOf(bot)))
  expect(found).toEqual([1, 2, 3, 4, 5].map((bot) => `Project of ${bot}`))
})

test('a failure is reported once a minute, and a recovery and the next failure immediately', async () => {
  const { names, setting, incidents } = namesFrom(async () => {
    throw new AggregateError([new Error('no route to ::1'), new Error('no route to 127.0.0.1')])
  })
  const fails = setting.findName
  const reported = () => incidents.splice(0).map(({ level, reason }) => reason ?? level)
  await names.nameOf(1)
  await names.nameOf(2)
  expect(reported()).toEqual(['no route to ::1; no route to 127.0.0.1'])
  expect(names.status()).toBe('unreachable')

  setting.findName = async () => 'Found'
  await names.nameOf(3)
  await names.nameOf(4)
  expect(reported()).toEqual(['info'])
  expect(names.status()).toBe('ok')

  setting.findName = fails
  setting.now = 1_000
  await names.nameOf(5)
  await names.nameOf(6)
  expect(reported()).toHaveLength(1)
  setting.now = 60_999
  await names.nameOf(7)
  expect(reported()).toEqual([])
  setting.now = 61_000
  await names.nameOf(8)
  expect(reported()).toHaveLength(1)
})

test('a name that is too long counts as unknown, and is reported once a minute, but not as a failure', async () => {
  const { names, setting, incidents } = namesFrom(async (botId) => (botId === '1' ? '🌱' : 'x').repeat(20))
  const tooLong = async () => 'x'.repeat(21)
  expect(await names.nameOf(1)).toBe('🌱'.repeat(20))
  expect(await names.nameOf(2)).toBe('x'.repeat(20))
  setting.findName = tooLong
  for (const bot of [3, 4, 3]) expect(await names.nameOf(bot)).toBeUndefined()
  setting.now = 59_999
  expect(await names.nameOf(5)).toBeUndefined()
  expect(incidents.splice(0)).toEqual([expect.objectContaining({ level: 'warn', bot_id: '3', max_length: 20 })])
  expect(names.status()).toBe('ok')
  setting.now = 60_000
  expect(await names.nameOf('6\n')).toBeUndefined()
  expect(incidents).toEqual([expect.objectContaining({ level: 'warn', bot_id: '6\\u000a' })])
})

test('an id that is too long for any table is not looked up', async () => {
  const { names, asked } = namesFrom(async () => 'Found')
  expect(await names.nameOf('9'.repeat(256))).toBeUndefined()
  expect(asked).toEqual([])
})

test('the status is refreshed in the background when it is too old', async () => {
  const { names, setting, asked } = namesFrom(async () => undefined)
  expect(names.status()).toBe('unknown')
  names.status()
  await expect.poll(() => names.status()).toBe('ok')
  expect(asked).toHaveLength(1)
  setting.now = 5_000
  setting.findName = untilDropped
  expect(names.status()).toBe('ok')
  await expect.poll(() => names.status()).toBe('unreachable')
  expect(asked).toHaveLength(2)
})

test('closing cancels in-flight lookups without waiting for the database', async () => {
  const { names, setting, incidents } = namesFrom(untilDropped, { lookupTimeout: 60_000 })
  setting.close = never
  const name = names.nameOf(21)
  await names.close()
  expect(await name).toBeUndefined()
  expect(incidents).toEqual([])
})
