import { InvalidPositionError, type Position } from '../../event-reader.ts'
import type { Identity } from '../line-format.ts'

/** A gap between two lines of a log file. */
export interface Place {
  /** The first record of a file identifies it, whatever the file is called by now and wherever it was copied. */
  readonly first: Identity
  /** Uncompressed bytes from the beginning of the file. */
  readonly offset: number
}

/** Before the first entry of a kind that had none yet. */
export const START: Position = 'start'

const POSITION = /^(?<id>.*)@(?<time>[^@]+)\+(?<offset>\d{1,15})$/s

/** @returns `<event_id>@<received_at>+<offset>` */
export function formatPosition({ first, offset }: Place): Position {
  return positionIn(nameOfFile(first), offset)
}

/** The part of a position that all positions in a file have in common. */
export function nameOfFile(first: Identity): string {
  return `${first.id}@${new Date(first.receivedAt).toISOString()}`
}

export function positionIn(file: string, offset: number): Position {
  return `${file}+${offset}`
}

/** @returns undefined for START @throws InvalidPositionError */
export function parsePosition(position: Position): Place | undefined {
  if (position === START) return undefined
  const { id = '', time = '', offset } = POSITION.exec(position)?.groups ?? {}
  const receivedAt = Date.parse(time)
  if (Number.isNaN(receivedAt)) throw new InvalidPositionError(`"${position}" is not a position in a log file.`)
  return { first: { id, receivedAt }, offset: Number(offset) }
}

export function isSameRecord(left: Identity, right: Identity): boolean {
  return left.id === right.id && left.receivedAt === right.receivedAt
}
