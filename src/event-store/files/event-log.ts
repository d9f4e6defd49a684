import { basename, join } from 'node:path'
import { within } from '../../lib/within.ts'
import { Appender, type AppenderLimits } from './appender.ts'
import { explain, prepareDirectory, tryDirectory } from './directory.ts'
import { EventLogStartError, EventLogUnavailable, type Report } from './errors.ts'
import type { FileOperations } from './file-operations.ts'
import { toJsonLine } from './json-line.ts'
import { lockDirectory } from './lock.ts'
import { readRecentIds, withRotatedFiles } from './recent-ids.ts'
import { RedeliveryWindow, type WindowLimits } from './redelivery-window.ts'
import { repairTail } from './tail-repair.ts'

export type Delivery = 'stored' | 'duplicate'

export interface LogEntry {
  /** The name of the log file. */
  readonly file: string
  readonly record: object
  /** The event's id, if the same event may be delivered again. */
  readonly repeatableId?: string | undefined
}

/** Where records are kept. Another kind of store can stand behind it without a change to a handler. */
export interface EventLog {
  /**
   * Stores a record once.
   *
   * @returns when the record is safe: "stored", or "duplicate" if an event of this id had been stored before
   * @throws EventLogUnavailable if it is not stored, or nobody can tell in time
   */
  append(entry: LogEntry): Promise<Delivery>
  /** Finds out whether a record could be stored now. @throws EventLogUnavailable if not */
  checkReady(): Promise<void>
  /** Stores what waits, closes the files and lets the folder go. */
  close(): Promise<void>
  /** Answers whoever waits for a disk that does not answer. */
  giveUp(): void
}

export interface EventLogOptions {
  readonly directory: string
  /** The log files that hold events. */
  readonly eventFiles: readonly string[]
  /** The log files that hold something else. */
  readonly otherFiles: readonly string[]
  readonly fsync: boolean
  readonly window: WindowLimits
  readonly limits: AppenderLimits
  readonly operations: FileOperations
  readonly report: Report
}

/**
 * Opens the event log: takes the folder, mends what a crash left, reads the window of redeliveries back, and opens
 * every file.
 *
 * @throws EventLogStartError that says what is wrong and how to mend it
 */
export async function openEventLog(options: EventLogOptions): Promise<EventLog> {
  const { directory, operations, report } = options
  await prepareDirectory(operations, directory)
  const lock = await lockDirectory(operations, directory, report)
  const appenders = new Map<string, Appender>()
  try {
    await openAppenders(options, appenders)
    const window = await readWindow(options)
    return new FileEventLog(options, appenders, window, async () => lock?.release())
  } catch (error) {
    for (const appender of appenders.values()) await appender.close()
    await lock?.release()
    throw error
  }
}

async function openAppenders(options: EventLogOptions, appenders: Map<string, Appender>): Promise<void> {
  const { directory, operations, fsync, limits, report } = options
  for (const file of [...options.eventFiles, ...options.otherFiles]) {
    const path = join(directory, file)
    // Two appenders would take each other for another program. Which file is whose is code, not a setting.
    if (appenders.has(file)) throw new Error(`two kinds of records have the same log file: ${file}`)
    try {
      await repairTail({ path, operations, reach: limits.maxBatchBytes, report })
      const appender = new Appender({ path, operations, fsync, limits, report })
      appenders.set(file, appender)
      await appender.open()
    } catch (error) {
      throw new EventLogStartError(await explain(operations, path, error), { cause: error })
    }
  }
}

async function readWindow({ directory, eventFiles, operations, window: limits, report }: EventLogOptions) {
  const window = new RedeliveryWindow(limits, () => performance.now())
  if (!window.enabled) return window
  const paths = await withRotatedFiles(operations, directory, eventFiles)
  const now = Date.now()
  for (const { id, receivedAt } of await readRecentIds(operations, paths, limits, now, report)) {
    window.add(id, Math.max(0, now - receivedAt))
  }
  return window
}

/** A healthy folder is tried at most so often, however often somebody asks. */
const READY_FOR_MS = 1000
/** Whoever asks whether it is ready has an answer by then. */
const READY_WITHIN_MS = 2000

class FileEventLog implements EventLog {
  readonly #options: EventLogOptions
  readonly #appenders: ReadonlyMap<string, Appender>
  readonly #window: RedeliveryWindow
  readonly #release: () => Promise<void>
  /** Repeatable events that are being stored; who delivers one again meanwhile shares its fate. */
  readonly #underWay = new Map<string, Promise<void>>()
  #directoryTrial: Promise<void> | undefined
  #directoryTriedAt = -Infinity

  constructor(
    options: EventLogOptions,
    appenders: ReadonlyMap<string, Appender>,
    window: RedeliveryWindow,
    release: () => Promise<void>,
  ) {
    this.#options = options
    this.#appenders = appenders
    this.#window = window
    this.#release = release
  }

  async append({ file, record, repeatableId }: LogEntry): Promise<Delivery> {
    const appender = this.#appenders.get(file)
    if (!appender) throw new Error(`the event log was opened without ${file}`)
    if (repeatableId === undefined || !this.#window.enabled) {
      await appender.append(toJsonLine(record))
      return 'stored'
    }
    if (this.#window.has(repeatableId)) return 'duplicate'
    const first = this.#underWay.get(repeatableId)
    if (first) {
      await first
      return 'duplicate'
    }
    const storing = appender.append(
      toJsonLine(record),
      () => this.#window.add(repeatableId),
      () => this.#underWay.delete(repeatableId),
    )
    this.#underWay.set(repeatableId, storing)
    await storing
    return 'stored'
  }

  async checkReady(): Promise<void> {
    await within(READY_WITHIN_MS, () => new EventLogUnavailable('the disk does not answer'), this.#tryAll())
  }

  async #tryAll(): Promise<void> {
    for (const appender of this.#appenders.values()) await appender.checkReady()
    this.#directoryTrial ??= this.#tryDirectory().finally(() => {
      this.#directoryTrial = undefined
    })
    await this.#directoryTrial
  }

  async close(): Promise<void> {
    for (const appender of this.#appenders.values()) await appender.close()
    await this.#release()
  }

  giveUp(): void {
    for (const appender of this.#appenders.values()) appender.giveUp()
  }

  async #tryDirectory(): Promise<void> {
    if (performance.now() - this.#directoryTriedAt < READY_FOR_MS) return
    const { operations, directory, fsync } = this.#options
    try {
      await tryDirectory(operations, directory, fsync)
      this.#directoryTriedAt = performance.now()
    } catch (error) {
      throw new EventLogUnavailable(`${basename(directory)}: cannot be written`, { cause: error })
    }
  }
}
