import { randomUUID } from 'node:crypto'
import { onTestFinished } from 'vitest'
import type { Entry } from '../../src/event-store/event-store.ts'
import { Appender, type AppenderLimits } from '../../src/event-store/files/appender.ts'
import type { FileEventStoreOptions } from '../../src/event-store/files/file-event-store.ts'
import { type FileOperations, nodeFileOperations } from '../../src/event-store/files/file-operations.ts'
import { openFileEventStore } from '../../src/event-store/files/open-file-event-store.ts'
import { isRepeatableId } from '../../src/events/identity.ts'
import { makeFolder } from './folder.ts'
import { type Incident, reportingTo } from './telemetry.ts'

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
    telemetry: reportingTo((incident) => incidents.push(incident)),
  })
  await appender.open()
  onTestFinished(() => appender.close())
  const levels = () => incidents.map(({ level }) => level)
  const reported = () => incidents.map(({ level, message }) => `${level}: ${message}`)
  return { appender, folder, incidents, levels, reported }
}

export type TestKind = 'a' | 'b' | 'other'

/** Opens a store with three kinds. `a` and `b` can be repeatable; `a` is stored in `a.jsonl`. */
export async function openTestEventStore(options: Partial<FileEventStoreOptions<TestKind>> = {}) {
  const directory = options.directory ?? makeFolder()
  const incidents: Incident[] = []
  const eventStore = await openFileEventStore<TestKind>({
    directory,
    files: new Map([
      ['a', 'a.jsonl'],
      ['b', 'b.jsonl'],
      ['other', 'other.jsonl'],
    ]),
    repeatableKinds: ['a', 'b'],
    isRepeatable: isRepeatableId,
    fsync: true,
    window: { ttlMs: 86_400_000, maxEvents: 1000 },
    limits: LIMITS,
    operations: nodeFileOperations,
    telemetry: reportingTo((incident) => incidents.push(incident)),
    ...options,
  })
  let closed = false
  const close = async () => {
    if (!closed) await eventStore.close()
    closed = true
  }
  onTestFinished(close)
  return { eventStore, directory, incidents, close }
}

/** Creates an entry with a unique id, which is not repeatable. */
export function uniqueEntry(more: object = {}): Entry<TestKind> {
  const id = randomUUID()
  const record = { ...more, event_id: id, received_at: new Date().toISOString() }
  return { kind: 'a', id, repeatable: false, record }
}
