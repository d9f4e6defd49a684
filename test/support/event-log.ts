import { onTestFinished } from 'vitest'
import { Appender, type AppenderLimits } from '../../src/event-store/files/appender.ts'
import type { Incident } from '../../src/event-store/files/errors.ts'
import { type EventLog, type EventLogOptions, openEventLog } from '../../src/event-store/files/event-log.ts'
import { type FileOperations, nodeFileOperations } from '../../src/event-store/files/file-operations.ts'
import { makeFolder } from './folder.ts'

const LIMITS: AppenderLimits = { maxQueueBytes: 1 << 24, maxBatchBytes: 1 << 20, stallTimeoutMs: 5000 }

export interface TestAppenderOptions {
  operations?: FileOperations
  limits?: Partial<AppenderLimits>
  fsync?: boolean
  folder?: string
}

export async function openTestAppender(options: TestAppenderOptions = {}) {
  const folder = options.folder ?? makeFolder()
  const incidents: Incident[] = []
  const appender = new Appender({
    path: `${folder}/log.jsonl`,
    operations: options.operations ?? nodeFileOperations,
    fsync: options.fsync ?? true,
    limits: { ...LIMITS, ...options.limits },
    report: (incident) => incidents.push(incident),
  })
  await appender.open()
  onTestFinished(() => appender.close())
  return { appender, folder, incidents, levels: () => incidents.map(({ level }) => level) }
}

export async function openTestEventLog(options: Partial<EventLogOptions> = {}) {
  const directory = options.directory ?? makeFolder()
  const incidents: Incident[] = []
  const eventLog: EventLog = await openEventLog({
    directory,
    eventFiles: ['a.jsonl', 'b.jsonl'],
    otherFiles: ['other.jsonl'],
    fsync: true,
    window: { ttlMs: 86_400_000, maxEvents: 1000 },
    limits: LIMITS,
    operations: nodeFileOperations,
    report: (incident) => incidents.push(incident),
    ...options,
  })
  let closed = false
  const close = async () => {
    if (!closed) await eventLog.close()
    closed = true
  }
  onTestFinished(close)
  return { eventLog, directory, incidents, close }
}
