import { DISORDER_MS } from '../../event-reader.ts'
import type { Appender } from '../appender.ts'
import { CleanUp, type CleanUpOptions } from './clean-up.ts'
import { Rotator } from './rotator.ts'

export interface RotationSettings {
  /** How large a log file may become, in bytes; unlimited by default. */
  readonly maxBytes: number | undefined
  /** Whether each local day begins a new file. */
  readonly daily: boolean
  /** Whether rotated files are compressed. */
  readonly gzip: boolean
  /** How long rotated files are kept, in milliseconds; forever by default. */
  readonly keepMs: number | undefined
}

export interface RotationOptions<Kind extends string> extends Omit<CleanUpOptions<Kind>, 'limits'> {
  readonly settings: RotationSettings
  /** How long ids stay in the replay window, in milliseconds. At startup, it is read from the files. */
  readonly windowMs: number
}

/** How late a file to which nothing is appended is rotated. Unlike one long timer, this copes with clock changes. */
const CHECK_INTERVAL_MS = 60_000
const CLEAN_UP_INTERVAL_MS = 60 * 60_000

/** Rotates the log files of a store, and compresses and deletes old ones. */
export class Rotation<Kind extends string> {
  readonly #options: RotationOptions<Kind>
  readonly #cleanUp: CleanUp<Kind>
  readonly #stopping = new AbortController()
  #timers: NodeJS.Timeout[] = []
  #cleaning: Promise<void> | undefined

  constructor(options: RotationOptions<Kind>) {
    this.#options = options
    const { settings, windowMs } = options
    const afterWindow = windowMs + DISORDER_MS
    const limits = {
      compressAfterMs: settings.gzip ? afterWindow : undefined,
      deleteAfterMs: settings.keepMs === undefined ? undefined : Math.max(settings.keepMs, afterWindow),
    }
    this.#cleanUp = new CleanUp({ ...options, limits })
  }

  /** Called for each file before it is opened for appending. @throws the operating system's error */
  prepare(path: string): Promise<Rotator> {
    const { settings, operations, telemetry } = this.#options
    return Rotator.open({ ...settings, path, operations, telemetry })
  }

  /** Appenders rotate before they write; this rotates the files to which nothing is appended, and cleans up. */
  start(appenders: readonly Appender[]): void {
    const rotate = () => {
      for (const appender of appenders) void appender.rotateIfDue()
    }
    const cleanUp = () => {
      this.#cleaning ??= this.#cleanUp.run(this.#stopping.signal).finally(() => {
        this.#cleaning = undefined
      })
    }
    rotate()
    cleanUp()
    this.#timers = [setInterval(rotate, CHECK_INTERVAL_MS), setInterval(cleanUp, CLEAN_UP_INTERVAL_MS)]
    for (const timer of this.#timers) timer.unref()
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    this.#stopping.abort()
    await this.#cleaning
  }
}
