import type { AppendResult, EventStore } from '../event-store/event-store.ts'
import type { Identity } from '../events/identity.ts'
import type { EventOf, EventType, PayloadOf } from '../events/schemas.ts'
import type { ProjectNames } from '../projects/project-names.ts'
import type { ApplyRules, RuledReply } from '../replies/replies.ts'
import type { Telemetry } from '../telemetry.ts'

/** The kind of a record: an event type, or a rejected body. */
export type RecordKind = EventType | 'rejected'

/** When and from where a request came. */
export interface Arrival {
  readonly receivedAt: Date
  readonly clientIp: string
}

/** The dependencies of the handlers. */
export interface Services {
  readonly eventStore: EventStore<RecordKind>
  readonly applyRules: ApplyRules
  readonly projects: ProjectNames
  readonly telemetry: Telemetry
  /** The environment name written to the records. */
  readonly environment: string
}

/** An event to handle, with its identity and arrival. */
export interface Received<T extends EventType> {
  readonly event: EventOf<T>
  readonly identity: Identity
  readonly arrival: Arrival
}

export interface Outcome extends RuledReply {
  readonly result: AppendResult
}

/** An example from DigiReply's documentation. */
export interface Example<T extends EventType> {
  readonly title: string
  readonly payload: PayloadOf<T>
}

/** The parts of a record that depend on the event type. */
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
  /** Destructures the event, so that every field it does not name ends up in `extra`. */
  toRecord(event: EventOf<T>, projects: ProjectNames): RecordParts | Promise<RecordParts>
  /** The inverse: returns the event as DigiReply sent it. A value equal to a fallback is treated as missing. */
  toEvent(parts: RecordParts): object
}
