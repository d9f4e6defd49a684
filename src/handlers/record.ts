import type { EventType } from '../events/schemas.ts'
import type { Arrival, Outcome, Received, Services } from './handler.ts'

/** The payload's own time stands in every record as `event_timestamp`. */
const TIMESTAMP_FIELD = 'timestamp'

/** The local date and time of the sample's records, `YYYY-MM-DD HH:MM:SS` in the process's time zone. */
export function localTimestamp(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** The keys that every record has after its own, in their order. */
export function context(arrival: Arrival, eventId: string, eventTimestamp: unknown, environment: string): object {
  return {
    event_id: eventId,
    event_timestamp: eventTimestamp,
    environment,
    client_ip: arrival.clientIp,
    received_at: arrival.receivedAt.toISOString(),
  }
}

/**
 * Stores an event's record with the context, and with whatever else the payload held; then answers it.
 *
 * @param record the event's own keys
 * @param recorded the fields of the payload that stand in the record, as dotted paths
 * @throws EventLogUnavailable if it is not stored
 */
export async function storeAndAnswer<T extends EventType>(
  { eventLog, environment, answer }: Services,
  { event, identity, arrival }: Received<T>,
  { file, record, recorded }: { file: string; record: object; recorded: readonly string[] },
): Promise<Outcome> {
  const delivery = await eventLog.append({
    file,
    record: {
      ...record,
      ...context(arrival, identity.eventId, event.timestamp, environment),
      extra: unrecorded(event, new Set([...recorded, TIMESTAMP_FIELD])),
    },
    repeatableId: identity.repeatable ? identity.eventId : undefined,
  })
  return { ...answer(event), delivery }
}

/** @returns what the record does not hold, each field at its own path; undefined if there is nothing */
function unrecorded(payload: object, recorded: ReadonlySet<string>, parent = ''): object | undefined {
  // A dot in a key is the sender's own, and makes no path.
  const isRecorded = (key: string) => !key.includes('.') && recorded.has(parent + key)
  const rest = Object.entries(payload)
    .filter(([key, value]) => !isRecorded(key) && value !== undefined)
    .map(([key, value]) => {
      const holdsRecorded = [...recorded].some((path) => path.startsWith(`${parent}${key}.`))
      return [key, holdsRecorded ? unrecorded(value, recorded, `${parent}${key}.`) : value] as const
    })
    .filter(([, value]) => value !== undefined)
  return rest.length > 0 ? Object.fromEntries(rest) : undefined
}
