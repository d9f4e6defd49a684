/** Names of events on the command line. */
import { type EventType, eventTypes } from '../events/schemas.ts'
import { nearestName } from '../lib/nearest-name.ts'

export function findEventType(name: string): EventType | undefined {
  return eventTypes.find((type) => type === name)
}

/** @returns what helps somebody who gave a name that no event has */
export function unknownEvent(name: string): string {
  const nearest = nearestEvent(name)
  return `${nearest ? `Did you mean ${nearest}? ` : ''}The events are ${eventTypes.join(', ')}.`
}

/** A name may also be a part of the event's name, or a misspelt beginning of it. */
function nearestEvent(name: string): EventType | undefined {
  if (name === '') return undefined
  const nearest =
    nearestName(name, eventTypes) ??
    eventTypes.find((type) => type.includes(name)) ??
    eventTypes.find((type) => nearestName(name, [type.slice(0, name.length)]))
  return eventTypes.find((type) => type === nearest)
}
