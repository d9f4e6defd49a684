import { expect } from 'vitest'
import { readRecords } from './folder.ts'
import type { TestService } from './service.ts'

/**
 * Milliseconds within which a ticket must be answered whatever its database does. A lookup ends after 1000; the other
 * second is for storing the ticket on a machine that runs other tests, too. What waits for a database waits for longer.
 */
export const TICKET_WITHIN = 2000

let tickets = 0

/** Sends a ticket, which must be answered in time. @returns the project's name in the record that the 200 stands for */
export async function projectOf(service: TestService, botId: string | number): Promise<string> {
  tickets += 1
  const number = `T${tickets}`
  const event = { event_type: 'on_ticket_created', bot_id: botId, visitor_id: 'v', ticket_number: number }
  const sentAt = performance.now()
  const response = await service.post(JSON.stringify(event))
  expect(response.status).toBe(200)
  expect(performance.now() - sentAt).toBeLessThan(TICKET_WITHIN)
  const record = readRecords(service.logDir, 'tickets.jsonl').find(({ data }) => data.ticket_number === number)
  return record.data.project_name
}

/** @returns the reason in every line of the service's log that says that the database fails */
export function failures(service: TestService): string[] {
  return service.ownLog.filter(({ msg }) => /cannot read project names/.test(msg)).map(({ reason }) => reason)
}

export async function readiness(service: TestService): Promise<[number, unknown]> {
  const response = await fetch(new URL('/readyz', service.url))
  return [response.status, await response.json()]
}
