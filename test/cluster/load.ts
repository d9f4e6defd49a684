/** Clients that send events to several receivers, each event until it is acknowledged. */
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { TOKEN } from '../support/process.ts'

const RETRY_MS = 50

export interface Load {
  /** The ids (`visitor_id`) of the events that got a 200. */
  readonly acknowledged: Set<string>
  /** How many responses there were, by status; 0 is a failed connection. */
  readonly statuses: Map<number, number>
  /** Lets each client finish its event, and waits for it. */
  stop(): Promise<void>
}

export interface Answer {
  /** 0 if there was no response. */
  readonly status: number
  readonly isReplayed: boolean
}

export function bodyOf(id: string): string {
  return JSON.stringify({ event_type: 'on_message_received', visitor_id: id, timestamp: id })
}

/** Sends an event once. */
export function send(port: number, id: string): Promise<Answer> {
  const body = bodyOf(id)
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve) => {
    const outgoing = request({ host: '127.0.0.1', port, path: '/webhook', method: 'POST', headers }, (response) => {
      response.resume()
      response.on('error', () => {})
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, isReplayed: response.headers['idempotent-replayed'] === 'true' }),
      )
    })
    outgoing.on('error', () => resolve({ status: 0, isReplayed: false }))
    outgoing.end(body)
  })
}

/**
 * @param ports returns those of the receivers; each event goes to one of them, and every tenth to all of them at once
 */
export function startLoad(ports: () => readonly number[], clients: number): Load {
  const acknowledged = new Set<string>()
  const statuses = new Map<number, number>()
  let isStopping = false
  const deliver = async (id: string, turn: number) => {
    for (let attempt = turn; ; attempt++) {
      const all = ports()
      const targets = turn % 10 === 0 ? all : [all[attempt % all.length] ?? 0]
      const answers = await Promise.all(targets.map((port) => send(port, id)))
      for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (answers.some(({ status }) => status === 200)) {
        acknowledged.add(id)
        return
      }
      if (isStopping) return
      await sleep(RETRY_MS)
    }
  }
  const runClient = async (client: number) => {
    for (let turn = 0; !isStopping; turn++) await deliver(`${client}-${turn}`, turn)
  }
  const running = Array.from({ length: clients }, (_, client) => runClient(client))
  return {
    acknowledged,
    statuses,
    async stop() {
      isStopping = true
      await Promise.all(running)
    },
  }
}
