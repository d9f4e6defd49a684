import { Agent, request } from 'node:http'
import { TOKEN } from './process.ts'

export interface Load {
  /** Event numbers that got a 200. */
  readonly acknowledged: Set<number>
  /** What happened to the other requests. */
  readonly failures: string[]
  /** Sends no more requests, and waits for the responses. */
  stop(): Promise<void>
}

/** Sends numbered events over several clients at once, each with or without keep-alive. Nothing is sent twice. */
export function startLoad(port: number, clients: { readonly fresh: number; readonly keepAlive: number }): Load {
  const acknowledged = new Set<number>()
  const failures: string[] = []
  let sent = 0
  let stopped = false
  const client = async (keepAlive: boolean) => {
    const agent = new Agent({ keepAlive, maxSockets: 1 })
    while (!stopped) {
      const number = sent++
      const result = await send(agent, port, number)
      if (result === '200') acknowledged.add(number)
      else failures.push(result)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    agent.destroy()
  }
  const running = [
    ...Array.from({ length: clients.fresh }, () => client(false)),
    ...Array.from({ length: clients.keepAlive }, () => client(true)),
  ]
  return {
    acknowledged,
    failures,
    async stop() {
      stopped = true
      await Promise.all(running)
    },
  }
}

/** @returns the status, or the error */
function send(agent: Agent, port: number, number: number): Promise<string> {
  return new Promise((resolve) => {
    const options = { agent, port, host: '127.0.0.1', path: '/webhook', method: 'POST' }
    const headers = { authorization: `Bearer ${TOKEN}` }
    const sending = request({ ...options, headers }, (response) => {
      response.resume()
      response.on('close', () => resolve(response.complete ? String(response.statusCode) : 'incomplete response'))
    })
    sending.on('error', (error) => resolve(String((error as NodeJS.ErrnoException).code)))
    sending.end(JSON.stringify({ event_type: 'on_message_received', timestamp: number }))
  })
}
