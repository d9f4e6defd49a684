import { expect, onTestFinished } from 'vitest'
import { startTestService } from '../support/service.ts'
import { projectInTime, projectOf } from '../support/tickets.ts'
import { flipBits, startProxy } from './proxy.ts'
import { type DatabaseServer, urlFor } from './server.ts'

const FIRST_BOT = 100_000
const BOTS = 20_000
const SENDERS = 6

/**
 * Sends tickets while bits flip in transit between the service and the database, in both directions. Every ticket must
 * be answered in time. Once the flips stop, lookups must succeed again.
 *
 * The flips and the pauses are derived from a seed. Set SEED to that of an earlier run to repeat it.
 *
 * @returns the number of tickets sent, and the number of those that got their name
 */
export async function surviveByteFlips(
  scheme: string,
  server: DatabaseServer,
  seconds: number,
): Promise<{ sent: number; named: number }> {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32))
  console.log(`byte flips, ${scheme}: SEED=${seed}`)
  const random = randomFrom(seed)
  // Each ticket has a different bot, so that no name is in the cache.
  const all = Array.from({ length: BOTS }, (_, index) => `(${FIRST_BOT + index}, 1)`)
  await server.run(`INSERT INTO bots VALUES ${all.join()}`)
  onTestFinished(() => server.run(`DELETE FROM bots WHERE id >= ${FIRST_BOT}`))

  let isFlipping = true
  const flip = flipBits(random, 20)
  const port = await startProxy(server.port, (data, pass) => (isFlipping ? flip(data, pass) : pass(data)))
  const service = await startTestService({ DATABASE_URL: urlFor(scheme, port) })
  const end = performance.now() + seconds * 1000
  let sent = 0
  let named = 0
  const sendTickets = async () => {
    while (performance.now() < end) {
      const name = await projectInTime(service, FIRST_BOT + sent++)
      if (name === 'Default Project') named += 1
      await new Promise((resolve) => setTimeout(resolve, random() * 100))
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, sendTickets))

  isFlipping = false
  // The driver's thread may be waiting for its longest restart delay, half a minute.
  await expect.poll(() => projectOf(service, 22), { timeout: 40_000, interval: 500 }).toMatch(/^Zoë/)
  expect(await projectOf(service, 21)).toBe('Default Project')
  console.log(`byte flips, ${scheme}: ${sent} tickets in time, ${named} of them with their name`)
  return { sent, named }
}

/** Mulberry32 by Tommy Ettinger: small, and good enough to select bits. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
