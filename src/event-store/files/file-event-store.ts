import { basename, join } from 'node:path'
import { withTimeout } from '../../lib/with-timeout.ts'
import type { Telemetry } from '../../telemetry.ts'
import type { EventReader } from '../event-reader.ts'
import {
  type AppendResult,
  type Entry,
  type EventStore,
  StoreStartError,
  StoreUnavailableError,
} from '../event-store.ts'
import { Appender, type AppenderLimits } from './appender.ts'
import { explainPathError, prepareDirectory, probeDirectory } from './directory.ts'
import type { FileOperations } from './file-operations.ts'
import { formatLine } from './line-format.ts'
import { lockDirectory } from './lock.ts'
import { ReadingSide } from './reading-side.ts'
import { readRecentIds, withRotatedFiles } from './recent-ids.ts'
import { ReplayWindow, type WindowLimits } from './replay-window.ts'
import type { Rotation, RotationSettings } from './rotation/rotation.ts'
import { repairTail } from './tail-repair.ts'

export interface FileEventStoreOptions<Kind extends string> {
  readonly directory: string
  /** The name of the log file for each kind. */
  readonly files: ReadonlyMap<Kind, string>
  readonly fsync: boolean
  readonly window: WindowLimits
  /** The kinds that can be repeatable. */
  readonly repeatableKinds: readonly Kind[]
  /** Whether a stored id is repeatable. */
  readonly isRepeatable: (id: string) => boolean
  readonly limits: AppenderLimits
  /** How the store rotates its files; not at all by default. */
  readonly rotation?: RotationSettings | undefined
  readonly operations: FileOperations
  readonly telemetry: Telemetry
}

/**
 * Opens the log files of a directory: locks it, repairs the files after a crash, and reads the ids of recently stored
 * events.
 *
 * @throws StoreStartError
 */
export async function openFileEventStore<Kind extends string>(
  options: FileEventStoreOptions<Kind>,
): Promise<EventStore<Kind>> {
  const { directory, operations, telemetry } = options
  await prepareDirectory(operations, directory)
  const lock = await lockDirectory(operations, directory, telemetry)
  const appenders = new Map<Kind, Appender>()
  try {
    const reading = new ReadingSide(options, (kind) => appenders.get(kind)?.committedEnd)
    const rotation = await loadRotation(options, reading)
    await openAppenders(options, { appenders, reading, rotation })
    const window = await readWindow(options)
    rotation?.start([...appenders.values()])
    return new FileEventStore({ options, appenders, reading, rotation, window, release: () => lock.release() })
  } catch (error) {
    for (const appender of appenders.values()) await appender.close()
    await lock.release()
    throw error
  }
}

/** Without rotation, its code is not loaded. */
async function loadRotation<Kind extends string>(
  { rotation: settings, window, directory, files, operations, telemetry }: FileEventStoreOptions<Kind>,
  { tracked: readers }: ReadingSide<Kind>,
): Promise<Rotation<Kind> | undefined> {
  if (!settings) return undefined
  const { Rotation } = await import('./rotation/rotation.ts')
  return new Rotation({ settings, windowMs: window.ttlMs, directory, files, operations, readers, telemetry })
}

async function openAppenders<Kind extends string>(
  options: FileEventStoreOptions<Kind>,
  { appenders, reading, rotation }: { appenders: Map<Kind, Appender> } & Pick<Parts<Kind>, 'reading' | 'rotation'>,
): Promise<void> {
  const { directory, files, operations, fsync, limits, telemetry } = options
  const opened = new Set<string>()
  for (const [kind, file] of files) {
    const path = join(directory, file)
    // Two appenders on one file would corrupt each other's bookkeeping. The file names are code, so this is a bug.
    if (opened.has(file)) throw new Error(`two kinds of records have the same log file: ${file}`)
    opened.add(file)
    try {
      await repairTail({ path, operations, reach: limits.maxBatchBytes, telemetry })
      const rotator = await rotation?.prepare(path)
      const onCommitted = () => reading.wake()
      const appender = new Appender({ path, operations, fsync, limits, telemetry, rotator, onCommitted })
      appenders.set(kind, appender)
      await appender.open()
    } catch (error) {
      throw new StoreStartError(await explainPathError(operations, path, error), { cause: error })
    }
  }
}

async function readWindow<Kind extends string>(options: FileEventStoreOptions<Kind>): Promise<ReplayWindow> {
  const window = new ReplayWindow(options.window, () => performance.now())
  if (!window.enabled) return window
  const { directory, files, repeatableKinds, operations, isRepeatable, telemetry } = options
  const names = repeatableKinds.flatMap((kind) => files.get(kind) ?? [])
  const paths = await withRotatedFiles(operations, directory, names)
  const now = Date.now()
  const recent = await readRecentIds(paths, { operations, limits: options.window, now, isRepeatable, telemetry })
  for (const { id, receivedAt } of recent) window.add(id, Math.max(0, now - receivedAt))
  return window
}

/** A healthy directory is probed at most this often. */
const PROBE_INTERVAL_MS = 1000
/** A readiness check is answered within this time. */
const READY_TIMEOUT_MS = 2000

interface Parts<Kind extends string> {
  readonly options: FileEventStoreOptions<Kind>
  readonly appenders: ReadonlyMap<Kind, Appender>
  readonly reading: ReadingSide<Kind>
  readonly rotation: Rotation<Kind> | undefined
  readonly window: ReplayWindow
  readonly release: () => Promise<void>
}

class FileEventStore<Kind extends string> implements EventStore<Kind> {
  readonly #options: FileEventStoreOptions<Kind>
  readonly #appenders: ReadonlyMap<Kind, Appender>
  readonly #reading: ReadingSide<Kind>
  readonly #rotation: Rotation<Kind> | undefined
  readonly #window: ReplayWindow
  readonly #release: () => Promise<void>
  /** Repeatable events that are being stored. A redelivery in the meantime shares the outcome. */
  readonly #inFlight = new Map<string, Promise<void>>()
  #directoryProbe: Promise<void> | undefined
  #directoryProbedAt = -Infinity

  constructor({ options, appenders, reading, rotation, window, release }: Parts<Kind>) {
    this.#options = options
    this.#appenders = appenders
    this.#reading = reading
    this.#rotation = rotation
    this.#window = window
    this.#release = release
  }

  async append({ kind, id, repeatable, record }: Entry<Kind>): Promise<AppendResult> {
    const appender = this.#appenders.get(kind)
    if (!appender) throw new Error(`the event store was opened without a file for "${kind}"`)
    if (!repeatable || !this.#window.enabled) {
      await appender.append(formatLine(record))
      return 'stored'
    }
    if (this.#window.has(id)) return 'replayed'
    const first = this.#inFlight.get(id)
    if (first) {
      await first
      return 'replayed'
    }
    const storing = appender.append(
      formatLine(record),
      () => this.#window.add(id),
      () => this.#inFlight.delete(id),
    )
    this.#inFlight.set(id, storing)
    await storing
    return 'stored'
  }

  openReader(): Promise<EventReader<Kind>> {
    return this.#reading.open()
  }

  async checkReady(): Promise<void> {
    await withTimeout(READY_TIMEOUT_MS, () => new StoreUnavailableError('the disk is not responding'), this.#checkAll())
  }

  async #checkAll(): Promise<void> {
    for (const appender of this.#appenders.values()) await appender.checkReady()
    this.#directoryProbe ??= this.#probeDirectory().finally(() => {
      this.#directoryProbe = undefined
    })
    await this.#directoryProbe
  }

  async close(): Promise<void> {
    const stopping = this.#rotation?.stop()
    for (const appender of this.#appenders.values()) await appender.close()
    await stopping
    await this.#release()
  }

  giveUp(): void {
    for (const appender of this.#appenders.values()) appender.giveUp()
  }

  async #probeDirectory(): Promise<void> {
    if (performance.now() - this.#directoryProbedAt < PROBE_INTERVAL_MS) return
    const { operations, directory, fsync } = this.#options
    try {
      await probeDirectory(operations, directory, fsync)
      this.#directoryProbedAt = performance.now()
    } catch (error) {
      throw new StoreUnavailableError(`${basename(directory)}: cannot be written`, { cause: error })
    }
  }
}
