import { basename, dirname } from 'node:path'
import type { Telemetry } from '../../../telemetry.ts'
import type { DurableFile } from '../durable-file.ts'
import type { FileOperations } from '../file-operations.ts'
import { OpenSegment } from '../reading/open-segment.ts'
import { parseSegmentName } from '../reading/segment-name.ts'
import { finishMove, moveAside } from './move-aside.ts'

export interface RotatorOptions {
  readonly path: string
  readonly operations: FileOperations
  /** How large the file may become, in bytes; unlimited by default. */
  readonly maxBytes: number | undefined
  /** Whether each local day begins a new file. */
  readonly daily: boolean
  readonly telemetry: Telemetry
}

/** Decides when a log file is moved aside, and does so. */
export class Rotator {
  readonly #options: RotatorOptions
  readonly #file: string
  /** When the day ends on which the content of the file began, in milliseconds since the epoch. */
  #endOfDay: number
  #isFailing = false

  private constructor(options: RotatorOptions, contentBegan: number) {
    this.#options = options
    this.#file = basename(options.path)
    this.#endOfDay = nextMidnight(contentBegan)
  }

  /** Prepares for the rotation of a file before it is opened for appending. @throws the operating system's error */
  static async open(options: RotatorOptions): Promise<Rotator> {
    await finishMove(options.operations, options.path)
    const contentBegan = options.daily ? await readStart(options) : undefined
    return new Rotator(options, contentBegan ?? Date.now())
  }

  /**
   * Moves the file aside if it is too large or from an earlier day. If that fails, it is reported, and the file stays.
   * Must not overlap with a write.
   *
   * @param added how many bytes are about to be written
   */
  async rotateIfDue(file: DurableFile, added: number): Promise<void> {
    const isNextDay = this.#options.daily && Date.now() >= this.#endOfDay
    if (!isNextDay && !this.#isTooLarge(file.committedEnd?.end ?? 0, added)) return
    const { operations, path, telemetry } = this.#options
    try {
      const rotated = await file.rotate(() => moveAside(operations, path, Date.now()))
      this.#endOfDay = nextMidnight(Date.now())
      this.#isFailing = false
      if (rotated) telemetry.emit('logFileRotated', { file: this.#file, ...rotated })
    } catch (error) {
      if (!this.#isFailing) telemetry.emit('rotationFailed', { file: this.#file, error })
      this.#isFailing = true
    }
  }

  #isTooLarge(size: number, added: number): boolean {
    return size > 0 && size + added > (this.#options.maxBytes ?? Number.POSITIVE_INFINITY)
  }
}

/** @returns when the first record of the file was received, in milliseconds since the epoch */
async function readStart({ path, operations }: RotatorOptions): Promise<number | undefined> {
  const [directory, base] = [dirname(path), basename(path)]
  const name = parseSegmentName(base, base)
  const log = { operations, directory, base, committedEnd: () => undefined }
  const opened = name && (await OpenSegment.open(log, name))
  if (!opened) return undefined
  try {
    return (await opened.readFirst(await opened.readableEnd()))?.receivedAt
  } finally {
    await opened.close()
  }
}

/** The first moment of the next local day. */
function nextMidnight(time: number): number {
  const date = new Date(time)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime()
}
