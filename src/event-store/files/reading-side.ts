import type { TrackedReader } from '../event-reader.ts'
import type { CommittedEnd } from './committed-end.ts'
import type { FileOperations } from './file-operations.ts'
import type { FileEventReader } from './reading/file-event-reader.ts'

/** How often a follower looks for lines that another program appended. Those of this process wake it at once. */
const POLL_MS = 1000

export interface ReadingSideOptions<Kind extends string> {
  readonly directory: string
  readonly files: ReadonlyMap<Kind, string>
  readonly operations: FileOperations
}

/** The reader of the files that this process appends to. Its code is loaded when it is first opened. */
export class ReadingSide<Kind extends string> {
  readonly tracked = new Set<TrackedReader<Kind>>()
  readonly #options: ReadingSideOptions<Kind>
  readonly #committedEnd: (kind: Kind) => CommittedEnd | undefined
  #opening: Promise<FileEventReader<Kind>> | undefined
  #reader: FileEventReader<Kind> | undefined

  constructor(options: ReadingSideOptions<Kind>, committedEnd: (kind: Kind) => CommittedEnd | undefined) {
    this.#options = options
    this.#committedEnd = committedEnd
  }

  open(): Promise<FileEventReader<Kind>> {
    this.#opening ??= this.#load()
    return this.#opening
  }

  /** Called after lines were committed. */
  wake(): void {
    this.#reader?.wake()
  }

  async #load(): Promise<FileEventReader<Kind>> {
    const { FileEventReader } = await import('./reading/file-event-reader.ts')
    const { directory, files, operations } = this.#options
    this.#reader = new FileEventReader({
      directory,
      files,
      operations,
      committedEnd: this.#committedEnd,
      pollMs: POLL_MS,
      tracked: this.tracked,
    })
    return this.#reader
  }
}
