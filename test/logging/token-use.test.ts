/** The log says which tokens requests come with while two are accepted. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { reportTokenUse } from '../../src/logging/token-use.ts'
import { createTelemetry } from '../../src/telemetry.ts'
import { buildTestApp } from '../support/app.ts'
import { reportingTo } from '../support/telemetry.ts'

const INTERVAL = 60_000

function start() {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const telemetry = createTelemetry()
  const reported: (readonly [current: number, previous: number])[] = []
  telemetry.on('tokensUsed', ({ current, previous }) => reported.push([current, previous]))
  let isPreviousAccepted = true
  reportTokenUse(telemetry, () => isPreviousAccepted, INTERVAL)
  return {
    reported,
    requests(count: number, token: 'current' | 'previous') {
      for (let index = 0; index < count; index++) telemetry.emit('authenticated', { token })
    },
    endPrevious() {
      isPreviousAccepted = false
    },
    acceptPrevious() {
      isPreviousAccepted = true
    },
  }
}

test('the first request is reported at once, and the others at most once per interval', () => {
  const { reported, requests } = start()
  requests(3, 'current')
  expect(reported).toEqual([[1, 0]])
  requests(2, 'previous')
  vi.advanceTimersByTime(INTERVAL - 1)
  expect(reported).toHaveLength(1)
  vi.advanceTimersByTime(1)
  expect(reported).toEqual([
    [1, 0],
    [2, 2],
  ])
  requests(1, 'current')
  vi.advanceTimersByTime(INTERVAL)
  expect(reported.slice(2)).toEqual([[1, 0]])
})

test('without requests nothing is reported, and the next one is reported at once', () => {
  const { reported, requests } = start()
  requests(1, 'current')
  vi.advanceTimersByTime(10 * INTERVAL)
  expect(reported).toHaveLength(1)
  requests(1, 'previous')
  expect(reported.slice(1)).toEqual([[0, 1]])
})

test('nothing is reported while only one token is accepted', () => {
  const { reported, requests, endPrevious } = start()
  endPrevious()
  requests(5, 'current')
  vi.advanceTimersByTime(10 * INTERVAL)
  expect(reported).toEqual([])
})

test('requests that were counted before the previous token ended are not reported after it', () => {
  const { reported, requests, endPrevious, acceptPrevious } = start()
  requests(3, 'previous')
  endPrevious()
  vi.advanceTimersByTime(INTERVAL)
  expect(reported).toEqual([[0, 1]])
  acceptPrevious()
  requests(1, 'current')
  expect(reported.slice(1)).toEqual([[1, 0]])
})

test('the log line says whether the previous token can go', () => {
  const lines: object[] = []
  const telemetry = reportingTo((line) => lines.push(line))
  telemetry.emit('tokensUsed', { current: 7, previous: 0 })
  telemetry.emit('tokensUsed', { current: 7, previous: 1 })
  expect(lines).toEqual([
    { level: 'info', message: 'all requests use the current token', current: 7, previous: 0 },
    { level: 'info', message: 'some requests still use the previous token', current: 7, previous: 1 },
  ])
})

test('each accepted request is emitted with its token, also if its body is rejected', async () => {
  const telemetry = createTelemetry()
  const emitted: string[] = []
  telemetry.on('authenticated', ({ token }) => emitted.push(token))
  const tokens = { current: 'a', previous: 'b' }
  const { fastify } = buildTestApp({ tokens: () => tokens, services: { telemetry } })
  for (const token of ['a', 'b', 'c']) {
    const headers = { authorization: `Bearer ${token}` }
    await fastify.inject({ method: 'POST', url: '/webhook', headers, body: '{' })
  }
  expect(emitted).toEqual(['current', 'previous'])
})
