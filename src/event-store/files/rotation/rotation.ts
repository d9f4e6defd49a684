import type { Telemetry } from '../../../telemetry.ts'
import type { Appender } from '../appender.ts'
import type { FileOperations } from '../file-operations.ts'
import { Rotator } from './rotator.ts'

export interface RotationLimits {
  /** How large a log file may become, in bytes; unlimited by default. */
  readonly maxBytes: number | undefined
  /** Whether each local day begins a new file. */
  readonly daily: boolean
}

export interface RotationOptions {
  readonly limits: RotationLimits
  readonly operations: FileOperations
  readonly telemetry: Telemetry
}

/** How late a file to which nothing is appended is rotated. Unlike one long timer, this copes with clock changes. */
const CHECK_INTERVAL_MS = 60_000

/** The rotation of all log files of a store. */
export class Rotation {
  readonly #options: RotationOptions
  #timer: NodeJS.Timeout | undefined

  constructor(options: RotationOptions) {
    this.#options = options
  }

  /** Called for each file before it is opened for appending. @throws the operating system's error */
  prepare(path: string): Promise<Rotator> {
    const { limits, operations, telemetry } = this.#options
    return Rotator.open({ ...limits, path, operations, telemetry })
  }

  /** Rotates files to which nothing is appended. Until then, and otherwise, appenders rotate before they write. */
  start(appenders: readonly Appender[]): void {
    const check = () => {
      for (const appender of appenders) void appender.rotateIfDue()
    }
    check()
    this.#timer = setInterval(check, CHECK_INTERVAL_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
