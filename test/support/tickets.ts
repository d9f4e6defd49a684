import { expect } from 'vitest'
import { readRecords } from './folder.ts'
import type { TestService } from './service.ts'

let tickets = 0

/** Sends a ticket. @returns the project's name in the record that the 200 stands for */
export async function projectOf(service: TestService, botId: string | number): Promise<string> {
  tickets += 1
  const number = `T${tickets}`
  const event = { event_type: 'on_ticket_created', bot_id: botId, visitor_id: 'v', ticket_number: number }
  const response = await service.post(JSON.stringify(event))
  expect(response.status).toBe(200)
  const record = readRecords(service.logDir, 'tickets.jsonl').find(({ data }) => data.ticket_number === number)
  return record.data.project_name
}

/** @returns the reason of every line of the service's log that tells of the database failing */
export function failures(service: TestService): string[] {
  return service.ownLog.filter(({ msg }) => /gives no names/.test(msg)).map(({ reason }) => reason)
}

export async function readiness(service: TestService): Promise<[number, unknown]> {
  const response = await fetch(new URL('/readyz', service.url))
  return [response.status, await response.json()]
}
