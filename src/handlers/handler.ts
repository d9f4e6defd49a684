import type { AppendResult, EventStore } from '../event-store/event-store.ts'
import type { Identity } from '../events/identity.ts'
import type { EventOf, EventType, PayloadOf } from '../events/schemas.ts'
import type { ProjectNames } from '../projects/project-names.ts'
import type { ApplyRules, RuledReply } from '../replies/replies.ts'
import type { Telemetry } from '../telemetry.ts'

/** What a record can be: an event, or a body that was rejected. */
export type RecordKind = EventType | 'rejected'

/** How an event came in. */
export interface Arrival {
  readonly receivedAt: Date
  readonly clientIp: string
}

/** What handling an event takes. */
export interface Services {
  readonly eventStore: EventStore<RecordKind>
  readonly applyRules: ApplyRules
  readonly projects: ProjectNames
  readonly telemetry: Telemetry
  /** The name of the environment that goes into the records. */
  readonly environment: string
}

/** An event to be handled, and how it came in. */
export interface Received<T extends EventType> {
  readonly event: EventOf<T>
  readonly identity: Identity
  readonly arrival: Arrival
}

export interface Outcome extends RuledReply {
  readonly result: AppendResult
}

/** An event as DigiReply's documentation shows it. */
export interface Example<T extends EventType> {
  readonly title: string
  readonly payload: PayloadOf<T>
}

/** What a handler contributes to a record. */
export interface RecordParts {
  /** The sample's keys after `timestamp`, in its order. */
  readonly fields: Readonly<Record<string, unknown>>
  /** The payload's own `timestamp`. */
  readonly eventTimestamp: unknown
  /** Everything else in the payload, at its own path. */
  readonly extra: Readonly<Record<string, unknown>>
}

export interface Handler<T extends EventType> {
  readonly logFile: string
  /** The documented payload first, then the documented variants. */
  readonly examples: readonly [Example<T>, ...Example<T>[]]
  /** Destructures the event: what the fields do not name is, by construction, in `extra`. */
  toRecord(event: EventOf<T>, projects: ProjectNames): RecordParts | Promise<RecordParts>
  /** The inverse: returns the event as DigiReply sent it. A fallback that `toRecord` filled in is read as absent. */
  toEvent(parts: RecordParts): object
}
