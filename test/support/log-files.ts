import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { StoredEntry } from '../../src/event-store/event-reader.ts'
import { nodeFileOperations } from '../../src/event-store/files/file-operations.ts'
import { FileEventReader, type FileEventReaderOptions } from '../../src/event-store/files/reading/file-event-reader.ts'
import { makeFolder } from './folder.ts'
import { shiftNumbers } from './shift-numbers.ts'

export type Kind = 'a' | 'b'
export type RotationStyle = 'dated' | 'numbered'

export const START_TIME = Date.parse('2026-03-29T00:00:00Z')

/** Log files as the event store and a rotation leave them, with a list of all that was appended to each kind. */
export class LogFiles {
  directory = makeFolder()
  readonly appended: Record<Kind, string[]> = { a: [], b: [] }
  /** When the next record is received: a second after the last one. */
  now = START_TIME
  #rotations = 0

  /** @returns the id of the record */
  append(kind: Kind, more: object = {}): string {
    this.now += 1000
    const id = `${kind}-${this.appended[kind].length}`
    const record = { ...more, event_id: id, received_at: new Date(this.now).toISOString() }
    this.write(kind, `${JSON.stringify(record)}\n`)
    this.appended[kind].push(id)
    return id
  }

  write(kind: Kind, text: string): void {
    appendFileSync(this.path(`${kind}.jsonl`), text)
  }

  /** @returns the name of the rotated file, or undefined if there was none to rotate */
  rotate(kind: Kind, style: RotationStyle): string | undefined {
    const base = `${kind}.jsonl`
    if (!existsSync(this.path(base))) return undefined
    this.#rotations++
    const name = style === 'dated' ? `${base}-20260329.${this.#rotations}` : `${base}.1`
    if (style === 'numbered') shiftNumbers(this.directory, base)
    renameSync(this.path(base), this.path(name))
    return name
  }

  compress(name: string): void {
    this.keepBoth(name)
    rmSync(this.path(name))
  }

  /** Leaves a file beside its compressed form, as they are while gzip(1) is at work. */
  keepBoth(name: string): void {
    writeFileSync(this.path(`${name}.gz`), gzipSync(readFileSync(this.path(name))))
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  truncate(name: string, size: number): void {
    truncateSync(this.path(name), size)
  }

  delete(name: string): void {
    rmSync(this.path(name))
  }

  /** Copies everything to another directory, and goes on there. */
  move(): void {
    const target = makeFolder()
    cpSync(this.directory, target, { recursive: true })
    this.directory = target
  }

  /** The rotated files of a kind that are not compressed yet. */
  rotated(kind: Kind): string[] {
    return readdirSync(this.directory)
      .filter((name) => name.startsWith(`${kind}.jsonl`) && name !== `${kind}.jsonl` && !name.endsWith('.gz'))
      .sort()
  }

  path(name: string): string {
    return join(this.directory, name)
  }

  reader(options: Partial<FileEventReaderOptions<Kind>> = {}): FileEventReader<Kind> {
    const files = new Map<Kind, string>([
      ['a', 'a.jsonl'],
      ['b', 'b.jsonl'],
    ])
    return new FileEventReader({
      directory: this.directory,
      files,
      operations: nodeFileOperations,
      pollMs: 5,
      ...options,
    })
  }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** The ids of each kind, in the order in which they were read. */
export function idsByKind(entries: readonly StoredEntry<Kind>[]): Record<Kind, string[]> {
  const idsOf = (kind: Kind) => entries.filter((entry) => entry.kind === kind).map(({ id }) => id)
  return { a: idsOf('a'), b: idsOf('b') }
}
