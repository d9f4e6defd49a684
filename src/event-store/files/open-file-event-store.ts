import { join } from 'node:path'
import { type EventStore, StoreStartError } from '../event-store.ts'
import { Appender } from './appender.ts'
import { explainPathError, prepareDirectory } from './directory.ts'
import { FileEventStore, type FileEventStoreOptions, type Parts } from './file-event-store.ts'
import { lockDirectory } from './lock.ts'
import { ReadingSide } from './reading-side.ts'
import { readRecentIds, withRotatedFiles } from './recent-ids.ts'
import { ReplayWindow } from './replay-window.ts'
import type { Rotation } from './rotation/rotation.ts'
import { repairTail } from './tail-repair.ts'

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
