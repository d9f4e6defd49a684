/**
 * The load generator, a separate process started by load.ts: receives a load as a message, sends it, and replies with
 * the result.
 */
import autocannon from 'autocannon'
import { type Kind, kinds, requestDefaults } from './events.ts'
import type { Load, LoadResult } from './load.ts'
import { percentile } from './statistics.ts'

/** How often autocannon checks whether it is done. */
const SAMPLE_INTERVAL_MS = 50

serveLoads()

function serveLoads(): void {
  let serial = 0
  process.on('message', (load: Load) => {
    void send(load, () => ++serial).then((result) => process.send?.(result))
  })
  process.on('disconnect', () => process.exit())
}

/** Sends `events` requests over keep-alive connections, alternating the kinds on each of them. */
async function send({ port, connections, events, perSecond }: Load, nextSerial: () => number): Promise<LoadResult> {
  const acknowledged = kinds.map(() => 0)
  const failures: Record<string, number> = {}
  const fail = (reason: string) => {
    failures[reason] = (failures[reason] ?? 0) + 1
  }
  const latencies: number[] = []
  let clients = 0
  const startedAt = performance.now()
  let endedAt = startedAt

  function setupClient(client: autocannon.Client): void {
    // Connections start with different kinds, so that all four are always in flight.
    const first = clients++ % kinds.length
    client.setRequests([...kinds.slice(first), ...kinds.slice(0, first)].map((kind) => requestOf(kind, nextSerial)))
    let answered = 0
    client.on('response', (status, _bytes, latency) => {
      endedAt = performance.now()
      latencies.push(latency)
      const kind = (first + answered++) % kinds.length
      if (status === 200) acknowledged[kind] = (acknowledged[kind] ?? 0) + 1
      else fail(`status ${status}`)
    })
  }

  const { path, method, headers } = requestDefaults
  const options: autocannon.Options = {
    url: `http://127.0.0.1:${port}${path}`,
    method,
    headers,
    connections,
    amount: events,
    ...(perSecond !== undefined && { overallRate: perSecond }),
    setupClient,
    sampleInt: SAMPLE_INTERVAL_MS,
    // A failed request makes the run meaningless, so stop immediately.
    bailout: 1,
  }
  await new Promise<void>((resolve, reject) => {
    const instance = autocannon(options, (error) => (error ? reject(error) : resolve()))
    instance.on('reqError', (error: Error) => fail(error.message))
  })
  latencies.sort((a, b) => a - b)
  return {
    seconds: (endedAt - startedAt) / 1000,
    acknowledged,
    failures,
    latencyMs: { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) },
  }
}

/** Builds each request just before it is sent, with the next serial number in its body. */
function requestOf(kind: Kind, nextSerial: () => number): autocannon.Request {
  return {
    setupRequest: (request) => {
      request.body = kind.body(nextSerial())
      return request
    },
  }
}
