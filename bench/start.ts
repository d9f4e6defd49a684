/**
 * Measures how much longer startup takes with 1 GiB of logs than with none.
 *
 *   npm run bench:start
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const GIB = 1024 ** 3
const DAY_MS = 86_400_000
const EVENT_FILES = ['webhook_log.jsonl', 'tickets.jsonl', 'live_chat_log.jsonl', 'response_log.jsonl']

interface Shape {
  readonly name: string
  readonly bytes: number
  readonly messageLength: number
  /** The age of the newest record in milliseconds. */
  readonly age: number
}

const shapes: Shape[] = [
  { name: 'no logs', bytes: 0, messageLength: 0, age: 0 },
  { name: '1 GiB, records of 0.5 KB, all from today', bytes: GIB, messageLength: 200, age: 0 },
  { name: '1 GiB, records of 0.5 KB, all from last week', bytes: GIB, messageLength: 200, age: 7 * DAY_MS },
  { name: '1 GiB, records of 10 KB, all from today', bytes: GIB, messageLength: 10_000, age: 0 },
]

for (const shape of shapes) {
  const directory = mkdtempSync(join(process.cwd(), '.bench-'))
  writeLogs(join(directory, 'logs'), shape)
  const times: number[] = []
  for (let run = 0; run < 3; run++) times.push(await timeStart(directory))
  console.log(`${shape.name}: ${times.map((time) => `${Math.round(time)} ms`).join(', ')}`)
  rmSync(directory, { recursive: true, force: true })
}

function writeLogs(directory: string, { bytes, messageLength, age }: Shape): void {
  mkdirSync(directory, { recursive: true })
  for (const file of bytes > 0 ? EVENT_FILES : []) {
    const descriptor = openSync(join(directory, file), 'w')
    for (let written = 0, number = 0; written < bytes / EVENT_FILES.length; ) {
      const lines = Array.from({ length: 200 }, () => line(`${file} ${number++}`, messageLength, age)).join('')
      written += writeSync(descriptor, lines)
    }
    closeSync(descriptor)
  }
}

function line(name: string, messageLength: number, age: number): string {
  const record = {
    timestamp: '2025-04-26 10:30:45',
    event_type: 'on_message_received',
    bot_id: 21,
    visitor_id: 'v_76f4v2c3e13',
    message: 'Hello, I need "help" with billing. '.repeat(messageLength / 35),
    type: 'text',
    intent: 'billing_inquiry',
    event_id: createHash('sha256').update(name).digest('hex'),
    event_timestamp: '2025-04-26T10:30:45Z',
    environment: 'production',
    client_ip: '203.0.113.9',
    received_at: new Date(Date.now() - age).toISOString(),
  }
  return `${JSON.stringify(record)}\n`
}

function timeStart(directory: string): Promise<number> {
  return new Promise((resolve) => {
    const startedAt = performance.now()
    const service = spawn(process.execPath, [join(process.cwd(), 'dist/main.js')], {
      cwd: directory,
      env: { WEBHOOK_SECRET: 'a-token-for-the-benchmark', HOST: '127.0.0.1', PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let time = 0
    service.stdout.on('data', (text: Buffer) => {
      if (!String(text).includes('"msg":"listening"')) return
      time = performance.now() - startedAt
      service.kill('SIGTERM')
    })
    service.on('exit', () => resolve(time))
  })
}
