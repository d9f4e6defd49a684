import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { TestService } from './service.ts'

/**
 * Milliseconds within which a ticket must be answered, whatever the database does. A lookup times out after 1000; the
 * other second is for storing the ticket on a machine that runs other tests, too. Waiting for a database takes longer.
 */
export const TICKET_WITHIN = 2000

let tickets = 0

/** Sends a ticket. @returns the project name in its record */
export async function projectOf(service: TestService, botId: string | number): Promise<string> {
  tickets += 1
  const number = `T${tickets}`
  const event = { event_type: 'on_ticket_created', bot_id: botId, visitor_id: 'v', ticket_number: number }
  const response = await service.post(JSON.stringify(event))
  expect(response.status).toBe(200)
  // Parse only this line, because some tests send thousands of tickets.
  const lines = readFileSync(join(service.logDir, 'tickets.jsonl'), 'utf8').split('\n')
  const line = lines.findLast((text) => text.includes(`"ticket_number":"${number}"`)) ?? ''
  return JSON.parse(line).data.project_name
}

/** The same, for a ticket that must be answered in time. */
export async function projectInTime(service: TestService, botId: string | number): Promise<string> {
  const sentAt = performance.now()
  const name = await projectOf(service, botId)
  expect(performance.now() - sentAt).toBeLessThan(TICKET_WITHIN)
  return name
}

/** @returns the reason in every service log line that reports a failing database */
export function failures(service: TestService): string[] {
  return service.logLines.filter(({ msg }) => /cannot read project names/.test(msg)).map(({ reason }) => reason)
}

export async function readiness(service: TestService): Promise<[number, unknown]> {
  const response = await fetch(new URL('/readyz', service.url))
  return [response.status, await response.json()]
}
