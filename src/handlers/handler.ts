import type { Delivery, EventLog } from '../event-log/event-log.ts'
import type { Identity } from '../events/identity.ts'
import type { EventOf, EventType, PayloadOf } from '../events/schemas.ts'
import type { ProjectNames } from '../projects/project-names.ts'
import type { Answer, AnswerEvent } from '../replies/replies.ts'

/** How an event came in. */
export interface Arrival {
  readonly receivedAt: Date
  readonly clientIp: string
}

/** What handlers work with. */
export interface Services {
  readonly eventLog: EventLog
  readonly answer: AnswerEvent
  readonly projects: ProjectNames
  /** The name of the environment that goes into the records. */
  readonly environment: string
}

/** An event that is to be handled, and how it came in. */
export interface Received<T extends EventType> {
  readonly event: EventOf<T>
  readonly identity: Identity
  readonly arrival: Arrival
}

export interface Outcome extends Answer {
  readonly delivery: Delivery
}

/** An event as DigiReply's documentation shows it. */
export interface Example<T extends EventType> {
  readonly title: string
  readonly payload: PayloadOf<T>
}

export interface Handler<T extends EventType> {
  readonly logFile: string
  /** The documented payload first, then the documented variants. */
  readonly examples: readonly [Example<T>, ...Example<T>[]]
  /** Stores the event's record, then answers. @throws EventLogUnavailable if it is not stored */
  handle(received: Received<T>, services: Services): Promise<Outcome>
}
