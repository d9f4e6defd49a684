/** The effects of the database driver on the process, seen from outside. */
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import * as mysql from '../projects/fake-mysql.ts'
import * as postgres from '../projects/fake-postgres.ts'
import { say, startServer } from '../projects/fake-server.ts'
import { readRecords } from '../support/folder.ts'
import { type ReceiverProcess, startProcess } from '../support/process.ts'
import { startTestService } from '../support/service.ts'
import { TICKET_WITHIN } from '../support/tickets.ts'

const MIB = 1024 * 1024
let tickets = 0

async function sendTicket(receiver: ReceiverProcess, botId: number): Promise<string> {
  const number = `T${++tickets}`
  const event = { event_type: 'on_ticket_created', bot_id: botId, visitor_id: 'v', ticket_number: number }
  const sentAt = performance.now()
  expect((await receiver.post(JSON.stringify(event))).status).toBe(200)
  expect(performance.now() - sentAt).toBeLessThan(TICKET_WITHIN)
  const records = readRecords(`${receiver.folder}/logs`, 'tickets.jsonl')
  return records.find(({ data }) => data.ticket_number === number).data.project_name
}

async function startWith(scheme: string, behave: (socket: Socket) => void): Promise<ReceiverProcess> {
  const { port } = await startServer(behave)
  const receiver = startProcess({ env: { DATABASE_URL: `${scheme}://bob:secret@127.0.0.1:${port}/chat` } })
  await receiver.started
  return receiver
}

/** The peak memory use of the process, in bytes (proc(5)). */
const peakMemory = ({ child }: ReceiverProcess) =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024

/** Writes the beginning once, and the rest as often as the other side accepts it. */
const stream = (beginning: string, rest: string) => (socket: Socket) => {
  const bytes = Buffer.from(rest.repeat(Math.ceil(MIB / rest.length)), 'latin1')
  const write = () => {
    while (!socket.destroyed && socket.write(bytes)) {}
  }
  socket.on('drain', write)
  socket.write(beginning, 'latin1')
  write()
}

const endlessAnswer = { mysql: mysql.packets(1, [...mysql.COLUMNS, mysql.EOF]), postgres: postgres.COLUMNS }
const endlessRow = {
  mysql: mysql.packet(5, mysql.row('1', 'x'.repeat(200))),
  postgres: postgres.row('1', 'x'.repeat(200)),
}

test.skipIf(process.platform !== 'linux').for([
  ['an endless result', 'mysql', stream(endlessAnswer.mysql, endlessRow.mysql), mysql.answerMysql],
  ['an endless result', 'postgres', stream(endlessAnswer.postgres, endlessRow.postgres), postgres.answerPostgres],
  ['a huge value', 'mysql', stream('\xff\xff\xff\x01', 'x'), mysql.answerMysql],
  ['a huge value', 'postgres', stream('D\x7f\xff\xff\xff', 'x'), postgres.answerPostgres],
] as const)('%s does not use up memory: %s', async ([, scheme, endless, answering]) => {
  let isGood = true
  const receiver = await startWith(scheme, (socket) => {
    const good = (botId: string) =>
      scheme === 'mysql' ? mysql.packets(1, mysql.rows([botId, 'Name'])) : postgres.rows([botId, 'Name'])
    answering((botId) => {
      if (isGood) return good(botId)
      endless(socket)
      return ''
    })(socket)
  })
  expect(await sendTicket(receiver, 1)).toBe('Name')
  const before = peakMemory(receiver)
  isGood = false
  for (let bot = 2; bot <= 12; bot += 1) expect(await sendTicket(receiver, bot)).toBe('Unknown Project')
  // Eleven answers, each as fast as the machine allows. Without a limit, the first one takes hundreds of MiB.
  expect(peakMemory(receiver) - before).toBeLessThan(48 * MIB)
})

test.skipIf(process.platform !== 'linux').for([
  ['mysql', stream('', mysql.packet(0, 'x'.repeat(200)))],
  ['postgres', stream('', postgres.message('S', `${'x'.repeat(200)}\0x\0`))],
] as const)('an endless login does not use up memory: %s', async ([scheme, endless]) => {
  let isGood = true
  const receiver = await startWith(scheme, (socket) => {
    if (!isGood) endless(socket)
    else socket.destroy()
  })
  await sendTicket(receiver, 1)
  const before = peakMemory(receiver)
  isGood = false
  for (let bot = 2; bot <= 12; bot += 1) expect(await sendTicket(receiver, bot)).toBe('Unknown Project')
  expect(peakMemory(receiver) - before).toBeLessThan(48 * MIB)
})

test('a driver writes nothing to the service log', async () => {
  // The driver warns about every packet with a wrong sequence number.
  const receiver = await startWith(
    'mysql',
    mysql.answerMysql(() => mysql.packets(77, mysql.rows(['1', 'Name']))),
  )
  for (let bot = 1; bot <= 10; bot += 1) await sendTicket(receiver, bot)
  const lines = receiver.output().trim().split('\n')
  for (const line of lines) expect(() => JSON.parse(line), line).not.toThrow()
  expect(receiver.output()).not.toContain('out of order')
})

test.for([
  ['hangs', 'mysql', () => {}],
  ['hangs', 'postgres', () => {}],
  ['keeps the driver in an endless loop', 'postgres', say('E\0\0\0\x04')],
] as const)('a database that %s does not delay shutdown: %s', async ([, scheme, behave]) => {
  const receiver = await startWith(scheme, behave)
  const ticket = sendTicket(receiver, 1)
  await new Promise((resolve) => setTimeout(resolve, 200))
  const startedAt = performance.now()
  receiver.child.kill('SIGTERM')
  expect(await ticket).toBe('Unknown Project')
  expect(await receiver.exited).toBe(0)
  expect(performance.now() - startedAt).toBeLessThan(5000)
})

test('there is a worker thread only if there is a database', async () => {
  const workers: unknown[] = []
  const count = () => workers.push(1)
  process.on('worker', count)
  await startTestService()
  expect(workers).toHaveLength(0)
  await startTestService({ DATABASE_URL: 'mysql://bob:secret@127.0.0.1:1/chat' })
  expect(workers).toHaveLength(1)
  process.off('worker', count)
})
