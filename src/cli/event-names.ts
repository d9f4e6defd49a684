/** Event types given on the command line. */
import { type EventType, eventTypes } from '../events/schemas.ts'
import { nearestName } from '../lib/nearest-name.ts'

export function findEventType(name: string): EventType | undefined {
  return eventTypes.find((type) => type === name)
}

/** @returns a hint for a name that is not an event type */
export function unknownEvent(name: string): string {
  const nearest = nearestEvent(name)
  return `${nearest ? `Did you mean ${nearest}? ` : ''}The event types are ${eventTypes.join(', ')}.`
}

/** Also matches a part of an event type, and a misspelt prefix of one. */
function nearestEvent(name: string): EventType | undefined {
  if (name === '') return undefined
  const nearest =
    nearestName(name, eventTypes) ??
    eventTypes.find((type) => type.includes(name)) ??
    eventTypes.find((type) => nearestName(name, [type.slice(0, name.length)]))
  return eventTypes.find((type) => type === nearest)
}
