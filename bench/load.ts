/**
 * Load: how many events a second the built service stores, and how long one takes.
 *
 *   npm run bench -- [--connections 64] [--seconds 5] [--no-fsync]
 *
 * It starts the service on a folder of its own, sends distinct tickets over keep-alive connections, and in the end
 * counts that each acknowledged one stands in the log.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const TOKEN = 'a-token-for-the-benchmark'
const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '5' },
    'no-fsync': { type: 'boolean', default: false },
  },
})
const connections = Number(values.connections)
const seconds = Number(values.seconds)

const folder = mkdtempSync(join(process.cwd(), '.bench-'))
const service = spawn(process.execPath, [join(process.cwd(), 'dist/main.js')], {
  cwd: folder,
  env: { WEBHOOK_SECRET: TOKEN, HOST: '127.0.0.1', PORT: '0', LOG_FSYNC: String(!values['no-fsync']) },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const port = await new Promise<number>((resolve) => {
  service.stdout.on('data', (text: Buffer) => {
    const listening = String(text).match(/listening at http:\/\/[^:]+:(\d+)/)
    if (listening) resolve(Number(listening[1]))
  })
})

let sent = 0
const durations: number[] = []
const failures = new Map<string, number>()

await run(1) // warm up
durations.length = 0
const before = linesInLog()
const startedAt = performance.now()
await run(seconds)
const elapsed = (performance.now() - startedAt) / 1000
report(elapsed, linesInLog() - before)
service.kill('SIGTERM')
rmSync(folder, { recursive: true, force: true })

async function run(forSeconds: number): Promise<void> {
  const until = performance.now() + forSeconds * 1000
  await Promise.all(Array.from({ length: connections }, () => deliverUntil(until)))
}

/** One connection: a ticket, its answer, the next ticket. */
function deliverUntil(until: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let sentAt = 0
    let answer = ''
    const next = () => {
      if (performance.now() > until) return socket.end()
      sentAt = performance.now()
      answer = ''
      socket.write(ticket())
    }
    socket.setEncoding('latin1').setNoDelay(true)
    socket.on('connect', next)
    socket.on('data', (text) => {
      answer += text
      const headEnd = answer.indexOf('\r\n\r\n')
      const length = Number(answer.match(/content-length: (\d+)/)?.[1])
      if (headEnd === -1 || answer.length < headEnd + 4 + length) return
      const status = answer.slice(9, 12)
      if (status === '200') durations.push(performance.now() - sentAt)
      else failures.set(status, (failures.get(status) ?? 0) + 1)
      next()
    })
    socket.on('close', () => resolve())
    socket.on('error', reject)
  })
}

function ticket(): string {
  const body = JSON.stringify({
    event_type: 'on_ticket_created',
    bot_id: 21,
    visitor_id: 'v_76f4v2c3e13',
    ticket_number: `TIC-${++sent}`,
    ticket_data: { name: 'John Doe', email: 'john@example.com', description: 'Need help with integration' },
    timestamp: new Date().toISOString(),
  })
  const head = `POST /webhook HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: ${body.length}`
  return `${head}\r\n\r\n${body}`
}

function linesInLog(): number {
  return readFileSync(join(folder, 'logs/tickets.jsonl'), 'latin1').split('\n').length - 1
}

function report(elapsed: number, lines: number): void {
  durations.sort((a, b) => a - b)
  const percentile = (part: number) => (durations[Math.floor((durations.length - 1) * part)] ?? 0).toFixed(2)
  console.log(
    `${connections} connections, ${elapsed.toFixed(1)} s, fsync ${values['no-fsync'] ? 'off' : 'on'}, Node.js ${process.version}`,
  )
  console.log(`events a second: ${Math.round(durations.length / elapsed)}`)
  console.log(`milliseconds: median ${percentile(0.5)}, 99 % ${percentile(0.99)}, longest ${percentile(1)}`)
  console.log(
    `acknowledged ${durations.length}, in the log ${lines}, refused ${JSON.stringify(Object.fromEntries(failures))}`,
  )
  if (lines < durations.length) process.exitCode = 1
}
