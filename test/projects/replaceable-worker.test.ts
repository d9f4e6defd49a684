import { expect, onTestFinished, test } from 'vitest'
import { ReplaceableWorker, type WorkerLimits } from '../../src/projects/replaceable-worker.ts'

const LIMITS: WorkerLimits = {
  workerHeapMiB: 32,
  workerStartTimeout: 10_000,
  heartbeatInterval: 300,
  restartDelay: 20,
  maxRestartDelay: 40,
}

interface Message {
  readonly kind: string
  readonly text?: unknown
}

/** What runs in the worker: answers pings, and does what `on` says with other messages. */
const answering = (on: string) => `
  import { parentPort, workerData } from 'node:worker_threads'
  parentPort.on('message', (message) => {
    if (message.kind === 'ping') parentPort.postMessage({ kind: 'pong' })
    else { ${on} }
  })`
const ECHO = answering(`parentPort.postMessage({ kind: 'text', text: message.text })`)

function workerWith(code: string, limits: Partial<WorkerLimits> = {}, data?: unknown) {
  const received: unknown[] = []
  const failures: string[] = []
  /** What `send` says right after a failure. */
  const refusals: string[] = []
  const worker = new ReplaceableWorker<Message, Message>(
    new URL(`data:text/javascript,${encodeURIComponent(code)}`),
    data,
    { ...LIMITS, ...limits },
    {
      onMessage: ({ text }) => received.push(text),
      onFailure(reason) {
        failures.push(reason)
        try {
          worker.send({ kind: 'go' })
        } catch (error) {
          refusals.push(String(error))
        }
      },
    },
  )
  onTestFinished(() => worker.stop())
  /** Sends a message as soon as that is possible again. */
  const send = (message: Message) => expect.poll(() => worker.send(message), { timeout: 10_000 }).toBeUndefined()
  return { worker, received, failures, refusals, send }
}

test('messages go to a worker that is started once', async () => {
  const { worker, received, failures } = workerWith(
    `let count = 0;${answering('parentPort.postMessage({ kind: "text", text: [message.text, ++count, workerData] })')}`,
    {},
    'data',
  )
  worker.send({ kind: 'text', text: 'a' })
  worker.send({ kind: 'text', text: 'b' })
  await expect
    .poll(() => received)
    .toEqual([
      ['a', 1, 'data'],
      ['b', 2, 'data'],
    ])
  expect(failures).toEqual([])
})

test('a worker that works lives through its heartbeats', async () => {
  const { worker, failures, received } = workerWith(ECHO, { heartbeatInterval: 20 })
  await worker.start()
  const start = performance.now()
  // The thread is busy with other things for much longer than a heartbeatInterval, and that is not the worker's fault.
  while (performance.now() - start < 200) {}
  await new Promise((resolve) => setTimeout(resolve, 200))
  worker.send({ kind: 'text', text: 'still here' })
  await expect.poll(() => received).toEqual(['still here'])
  expect(failures).toEqual([])
})

test.for([
  ['hangs', answering('for (;;) {}'), /hung/],
  ['throws', answering('throw new Error("on purpose")'), /crashed: on purpose/],
  ['throws something else', answering('throw null'), /crashed: null/],
  ['rejects', answering('Promise.reject(new Error("on purpose"))'), /crashed: on purpose/],
  [
    'emits an error that nobody listens for',
    answering('process.emit("error", new Error("on purpose"))'),
    /crashed: on purpose/,
  ],
  ['ends', answering('process.exit(3)'), /ended with code 3/],
  ['grows', answering('const all = []; for (;;) all.push(new Array(1000).fill(Math.random()))'), /too much memory/],
] as const)('a worker that %s is replaced', async ([, code, reason]) => {
  const { worker, failures, refusals, send } = workerWith(code)
  await worker.start()
  worker.send({ kind: 'go' })
  await expect.poll(() => failures, { timeout: 10_000 }).toEqual([expect.stringMatching(reason)])
  expect(refusals).toEqual([expect.stringMatching(reason)])
  await send({ kind: 'go' })
  await expect.poll(() => failures, { timeout: 10_000 }).toHaveLength(2)
})

test.for([
  ['hangs', 'for (;;) {}', 500, /hung/],
  ['cannot be loaded', 'import "no-such-package"', 10_000, /no-such-package/],
] as const)(
  'a worker that %s does not keep anybody waiting for its start',
  async ([, code, workerStartTimeout, reason]) => {
    const { worker, failures } = workerWith(code, { workerStartTimeout })
    await worker.start()
    expect(failures).toEqual([expect.stringMatching(reason)])
  },
)

test('the pause doubles with each failure, up to a limit', async () => {
  const limits = { restartDelay: 100, maxRestartDelay: 400 }
  const { failures, send } = workerWith(answering('throw new Error()'), limits)
  const failedAt: number[] = []
  for (let count = 1; count <= 5; count += 1) {
    await send({ kind: 'go' })
    await expect.poll(() => failures, { timeout: 10_000, interval: 1 }).toHaveLength(count)
    failedAt.push(performance.now())
  }
  const pauses = failedAt.slice(1).map((time, index) => time - (failedAt[index] ?? 0))
  // The failure is seen a moment after it has happened, and the next one comes a moment after the start.
  for (const [index, pause] of [100, 200, 400, 400].entries()) expect(pauses[index]).toBeGreaterThan(pause - 50)
})

test('after a success the pause is short again', async () => {
  const { worker, failures, send } = workerWith(answering('throw new Error()'), {
    restartDelay: 100,
    maxRestartDelay: 1e9,
  })
  // Otherwise the last pause would be 25 seconds.
  for (let count = 1; count <= 10; count += 1) {
    await send({ kind: 'go' })
    worker.succeed()
    await expect.poll(() => failures, { timeout: 10_000 }).toHaveLength(count)
  }
})

test('what a worker writes goes nowhere, and the environment stays with the service', async () => {
  const { worker, received } = workerWith(
    answering(`
      for (let line = 0; line < 1000; line += 1) console.error('x'.repeat(10_000))
      parentPort.postMessage({ kind: 'text', text: Object.keys(process.env) })`),
  )
  worker.send({ kind: 'go' })
  await expect.poll(() => received, { timeout: 10_000 }).toEqual([[]])
})

test('a worker that is stopped fails nobody, and is not replaced', async () => {
  const { worker, failures } = workerWith(answering('for (;;) {}'))
  expect(worker.sendIfRunning({ kind: 'go' })).toBe(false)
  await worker.start()
  expect(worker.sendIfRunning({ kind: 'go' })).toBe(true)
  worker.stop()
  expect(worker.sendIfRunning({ kind: 'go' })).toBe(false)
  expect(() => worker.send({ kind: 'go' })).toThrow(/stopped/)
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(failures).toEqual([])
})
