import { handlers } from '../src/handlers/index.ts'

/** One of the four kinds of events that make up the load. */
export interface Kind {
  /** Where the service stores its events. */
  readonly logFile: string
  /** @returns the JSON of an event that differs from every other in its serial number, and in nothing else */
  body(serial: number): string
}

const TOKEN = 'a-token-for-the-benchmark'
const PATH = '/webhook'
const SERIAL = '<serial>'
const SERIAL_DIGITS = 9

/** The documented example of each event, in the order of the registry. */
export const kinds: readonly Kind[] = Object.values(handlers).map(({ logFile, examples: [{ payload }] }) => {
  const unique = { visitor_id: `v_${SERIAL}`, ...('ticket_number' in payload && { ticket_number: `TICKET${SERIAL}` }) }
  const parts = JSON.stringify({ ...payload, ...unique }).split(SERIAL)
  return {
    logFile,
    body: (serial) => parts.join(String(serial).padStart(SERIAL_DIGITS, '0')),
  }
})

/** What all requests have in common. */
export const requestDefaults = {
  token: TOKEN,
  method: 'POST',
  path: PATH,
  headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
} as const
