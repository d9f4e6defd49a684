import { basename } from 'node:path'
import { withTimeout } from '../../lib/with-timeout.ts'
import type { Telemetry } from '../../telemetry.ts'
import type { EventReader } from '../event-reader.ts'
import { type AppendResult, type Entry, type EventStore, StoreUnavailableError } from '../event-store.ts'
import type { Appender, AppenderLimits } from './appender.ts'
import { probeDirectory } from './directory.ts'
import type { FileOperations } from './file-operations.ts'
import { formatLine } from './line-format.ts'
import type { ReadingSide } from './reading-side.ts'
import type { ReplayWindow, WindowLimits } from './replay-window.ts'
import type { Rotation, RotationSettings } from './rotation/rotation.ts'

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

/** A healthy directory is probed at most this often. */
const PROBE_INTERVAL_MS = 1000
/** A readiness check is answered within this time. */
const READY_TIMEOUT_MS = 2000

/** What the store is made of; see `openFileEventStore`. */
export interface Parts<Kind extends string> {
  readonly options: FileEventStoreOptions<Kind>
  readonly appenders: ReadonlyMap<Kind, Appender>
  readonly reading: ReadingSide<Kind>
  readonly rotation: Rotation<Kind> | undefined
  readonly window: ReplayWindow
  readonly release: () => Promise<void>
}

/** Appends each kind of record to its own file, and recognizes redeliveries. */
export class FileEventStore<Kind extends string> implements EventStore<Kind> {
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

  get queuedBytes(): number {
    return [...this.#appenders.values()].reduce((sum, { queuedBytes }) => sum + queuedBytes, 0)
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
