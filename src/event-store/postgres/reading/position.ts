import { InvalidPositionError, type Position } from '../../event-reader.ts'

/** A gap between two positions of the table. */
export interface Place {
  /** The last position before the gap. */
  readonly position: number
  /** When that entry, or one next to it, was received or stored, in milliseconds since the epoch. */
  readonly time: number
}

/** The row that all positions depend on. */
export interface Head {
  readonly store: string
  /** The last position. */
  readonly position: number
  /** When it was stored, in milliseconds since the epoch. */
  readonly storedAt: number
}

const POSITION = /^(?<store>[0-9a-f-]{36})\+(?<position>\d{1,15})@(?<time>\d{1,15})$/

/** @returns `<store>+<position>@<time>` */
export function formatPosition(store: string, { position, time }: Place): Position {
  return `${store}+${position}@${time}`
}

/** @throws InvalidPositionError also for a position of another store, and for one that this store has not reached yet */
export function parsePosition(text: Position, head: Head): Place {
  const { store, position, time } = POSITION.exec(text)?.groups ?? {}
  if (store === undefined) throw new InvalidPositionError(`"${text}" is not a position in the event database.`)
  if (store !== head.store) {
    throw new InvalidPositionError(
      `"${text}" is a position in another event database: check EVENT_STORE_URL, or start from the beginning.`,
    )
  }
  if (Number(position) > head.position) {
    throw new InvalidPositionError(
      `"${text}" is after the last entry of the event database (${head.position}): it was restored from an older ` +
        'backup, or lost entries in a failover. Start again from where the entries are known.',
    )
  }
  return { position: Number(position), time: Number(time) }
}
