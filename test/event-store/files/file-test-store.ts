import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { EventStore } from '../../../src/event-store/event-store.ts'
import { compareAge, parseSegmentName } from '../../../src/event-store/files/reading/segment-name.ts'
import { nextRotatedName } from '../../../src/event-store/files/rotation/rotated-name.ts'
import { openTestEventStore, type TestKind } from '../../support/event-store.ts'
import { limitedDisk, systemError } from '../../support/faulty-disk.ts'
import { makeFolder } from '../../support/folder.ts'
import { HeldDisk } from '../../support/held-disk.ts'
import { shiftNumbers } from '../../support/shift-numbers.ts'
import type { TestStore } from '../suite/test-store.ts'

const STYLES = ['numbered', 'dated', 'timed'] as const

export interface FileTestStoreOptions {
  /** How large a file may become before the store rotates it, in bytes. By default, it does not. */
  readonly maxBytes?: number
}

/** Opens log files in a new directory, which are rotated, compressed and copied in the ways of logrotate and operators. */
export async function openFileTestStore(options: FileTestStoreOptions = {}): Promise<FileTestStore> {
  const testStore = new FileTestStore(options)
  await testStore.open()
  return testStore
}

class FileTestStore implements TestStore {
  remembersIds = true
  #directory = makeFolder()
  #opened: { eventStore: EventStore<TestKind>; close: () => Promise<void> } | undefined
  #isCompressed = false
  /** A directory is rotated by one program, so all names are in one style. */
  #style: (typeof STYLES)[number] | 'own' | undefined
  readonly #maxBytes: number | undefined
  #rotations = 0
  readonly #space = limitedDisk('ENOSPC')
  #canSync = true
  #canTruncate = true
  readonly #disk = new HeldDisk({
    write: (length) => this.#space.write(length),
    datasync: () => (this.#canSync ? undefined : Promise.reject(systemError('EIO'))),
    truncate: () => {
      if (!this.#canTruncate) throw systemError('EIO')
    },
  })

  constructor({ maxBytes }: FileTestStoreOptions) {
    this.#maxBytes = maxBytes
    if (maxBytes !== undefined) this.#style = 'own'
  }

  get store(): EventStore<TestKind> {
    if (!this.#opened) throw new Error('the store is closed')
    return this.#opened.eventStore
  }

  async open(): Promise<void> {
    const maxBytes = this.#maxBytes
    const rotation = maxBytes === undefined ? undefined : { maxBytes, daily: false, gzip: false, keepMs: undefined }
    const operations = this.#disk.operations
    this.#opened = await openTestEventStore({ directory: this.#directory, operations, rotation })
  }

  /** @param how an odd number continues in a copy of the directory */
  async restart(how = 0): Promise<void> {
    await this.#opened?.close()
    this.heal()
    // The replay window is not read from compressed files.
    this.remembersIds = !this.#isCompressed
    if (how % 2 === 1) {
      const source = this.#directory
      this.#directory = makeFolder()
      cpSync(source, this.#directory, { recursive: true, preserveTimestamps: true })
      rmSync(source, { recursive: true })
    }
    await this.open()
  }

  disturb(kind: TestKind, what: number): void {
    if (what % 3 === 0) this.#compress(kind)
    else this.#rotate(kind, Math.floor(what / 3))
  }

  failAppends(how: number): void {
    this.#space.room = [0, 20, 300][how % 3] ?? 0
    this.#canTruncate = how % 2 === 0
    if (how % 5 === 4) {
      this.#space.room = Number.POSITIVE_INFINITY
      this.#canSync = false
    }
  }

  heal(): void {
    this.#space.room = Number.POSITIVE_INFINITY
    this.#canSync = true
    this.#canTruncate = true
  }

  hold() {
    this.#disk.hangs = true
    return { holding: () => this.#disk.holding(), release: () => this.#disk.release() }
  }

  async archive(kind: TestKind): Promise<void> {
    this.#rotate(kind, 0)
  }

  async deleteArchived(kind: TestKind): Promise<void> {
    for (const name of this.#rotated(kind)) rmSync(this.#path(name))
  }

  async dispose(): Promise<void> {
    await this.#opened?.close()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  /** Renames the current file; the store goes on in a new one. */
  #rotate(kind: TestKind, style: number): void {
    const base = `${kind}.jsonl`
    if (!existsSync(this.#path(base))) return
    this.#style ??= STYLES[style % STYLES.length] ?? 'numbered'
    const count = this.#rotations++
    if (this.#style === 'numbered') shiftNumbers(this.#directory, base)
    const names = {
      numbered: `${base}.1`,
      dated: `${base}-20261124${count === 0 ? '' : `.${count}`}`,
      timed: `${base}-20261124T${String(count).padStart(6, '0')}Z`,
      own: nextRotatedName(base, readdirSync(this.#directory), Date.now()),
    }
    renameSync(this.#path(base), this.#path(names[this.#style]))
  }

  /** Compresses the second-newest rotated file: the newest one may still be written (logrotate's delaycompress). */
  #compress(kind: TestKind): void {
    const name = this.#rotated(kind).filter((name) => !name.endsWith('.gz'))[1]
    if (!name) return
    writeFileSync(this.#path(`${name}.gz`), gzipSync(readFileSync(this.#path(name))))
    rmSync(this.#path(name))
    this.#isCompressed = true
  }

  /** The rotated files of a kind, newest first. */
  #rotated(kind: string): string[] {
    return readdirSync(this.#directory)
      .flatMap((name) => parseSegmentName(`${kind}.jsonl`, name) ?? [])
      .filter(({ isCurrent }) => !isCurrent)
      .sort((left, right) => compareAge(right, left))
      .map(({ name }) => name)
  }

  #path(name: string): string {
    return join(this.#directory, name)
  }
}
