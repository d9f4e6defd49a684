import { handlers } from '../src/handlers/index.ts'

/** One of the four kinds of events in the load. */
export interface Kind {
  /** The log file in which the service stores these events. */
  readonly logFile: string
  /** @returns the JSON of an event that differs from the others only in its serial number */
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

/** The parts that are the same in all requests. */
export const requestDefaults = {
  token: TOKEN,
  method: 'POST',
  path: PATH,
  headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
} as const
