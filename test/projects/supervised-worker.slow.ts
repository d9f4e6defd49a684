import { expect, onTestFinished, test } from 'vitest'
import { SupervisedWorker, type WorkerLimits } from '../../src/projects/supervised-worker.ts'

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

/** The worker's code: responds to pings, and runs `onMessage` for other messages. */
const workerCode = (onMessage: string) => `
  import { parentPort, workerData } from 'node:worker_threads'
  parentPort.on('message', (message) => {
    if (message.kind === 'ping') parentPort.postMessage({ kind: 'pong' })
    else { ${onMessage} }
  })`
const ECHO = workerCode(`parentPort.postMessage({ kind: 'text', text: message.text })`)

function workerWith(code: string, limits: Partial<WorkerLimits> = {}, data?: unknown) {
  const received: unknown[] = []
  const failures: string[] = []
  /** The errors that `send` throws right after a failure. */
  const sendErrors: string[] = []
  const worker = new SupervisedWorker<Message, Message>(
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
          sendErrors.push(String(error))
        }
      },
    },
  )
  onTestFinished(() => worker.stop())
  /** Sends a message as soon as possible. */
  const send = (message: Message) => expect.poll(() => worker.send(message), { timeout: 10_000 }).toBeUndefined()
  return { worker, received, failures, sendErrors, send }
}

test('all messages go to one worker', async () => {
  const { worker, received, failures } = workerWith(
    `let count = 0;${workerCode('parentPort.postMessage({ kind: "text", text: [message.text, ++count, workerData] })')}`,
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

test('a working worker survives its heartbeats', async () => {
  const { worker, failures, received } = workerWith(ECHO, { heartbeatInterval: 20 })
  await worker.start()
  const start = performance.now()
  // This thread is busy for much longer than heartbeatInterval, which must not be blamed on the worker.
  while (performance.now() - start < 200) {}
  await new Promise((resolve) => setTimeout(resolve, 200))
  worker.send({ kind: 'text', text: 'still here' })
  await expect.poll(() => received).toEqual(['still here'])
  expect(failures).toEqual([])
})

test.for([
  ['hangs', workerCode('for (;;) {}'), /hung/],
  ['throws', workerCode('throw new Error("on purpose")'), /crashed: on purpose/],
  ['throws something else', workerCode('throw null'), /crashed: null/],
  ['rejects', workerCode('Promise.reject(new Error("on purpose"))'), /crashed: on purpose/],
  ['emits an unhandled error', workerCode('process.emit("error", new Error("on purpose"))'), /crashed: on purpose/],
  ['exits', workerCode('process.exit(3)'), /exited with code 3/],
  [
    'leaks memory',
    workerCode('const all = []; for (;;) all.push(new Array(1000).fill(Math.random()))'),
    /too much memory/,
  ],
] as const)('a worker that %s is replaced', async ([, code, reason]) => {
  const { worker, failures, sendErrors, send } = workerWith(code)
  await worker.start()
  worker.send({ kind: 'go' })
  await expect.poll(() => failures, { timeout: 10_000 }).toEqual([expect.stringMatching(reason)])
  expect(sendErrors).toEqual([expect.stringMatching(reason)])
  await send({ kind: 'go' })
  await expect.poll(() => failures, { timeout: 10_000 }).toHaveLength(2)
})

test.for([
  ['hangs', 'for (;;) {}', 500, /hung/],
  ['cannot be loaded', 'import "no-such-package"', 10_000, /no-such-package/],
] as const)('start() does not wait for a worker that %s', async ([, code, workerStartTimeout, reason]) => {
  const { worker, failures } = workerWith(code, { workerStartTimeout })
  await worker.start()
  expect(failures).toEqual([expect.stringMatching(reason)])
})

test('the restart delay doubles with each failure, up to a limit', async () => {
  const limits = { restartDelay: 100, maxRestartDelay: 400 }
  const { failures, send } = workerWith(workerCode('throw new Error()'), limits)
  const failedAt: number[] = []
  for (let count = 1; count <= 5; count += 1) {
    await send({ kind: 'go' })
    await expect.poll(() => failures, { timeout: 10_000, interval: 1 }).toHaveLength(count)
    failedAt.push(performance.now())
  }
  const pauses = failedAt.slice(1).map((time, index) => time - (failedAt[index] ?? 0))
  // A failure is noticed slightly late, and the next one occurs slightly after the restart.
  for (const [index, pause] of [100, 200, 400, 400].entries()) expect(pauses[index]).toBeGreaterThan(pause - 50)
})

test('resetBackoff() makes the delay short again', async () => {
  const { worker, failures, send } = workerWith(workerCode('throw new Error()'), {
    restartDelay: 100,
    maxRestartDelay: 1e9,
  })
  // Otherwise the last delay would be 25 seconds.
  for (let count = 1; count <= 10; count += 1) {
    await send({ kind: 'go' })
    worker.resetBackoff()
    await expect.poll(() => failures, { timeout: 10_000 }).toHaveLength(count)
  }
})

test("a worker's output is discarded, and its environment is empty", async () => {
  const { worker, received } = workerWith(
    workerCode(`
      for (let line = 0; line < 1000; line += 1) console.error('x'.repeat(10_000))
      parentPort.postMessage({ kind: 'text', text: Object.keys(process.env) })`),
  )
  worker.send({ kind: 'go' })
  await expect.poll(() => received, { timeout: 10_000 }).toEqual([[]])
})

test('stopping a worker is not a failure, and it is not replaced', async () => {
  const { worker, failures } = workerWith(workerCode('for (;;) {}'))
  expect(worker.sendIfRunning({ kind: 'go' })).toBe(false)
  await worker.start()
  expect(worker.sendIfRunning({ kind: 'go' })).toBe(true)
  worker.stop()
  expect(worker.sendIfRunning({ kind: 'go' })).toBe(false)
  expect(() => worker.send({ kind: 'go' })).toThrow(/stopped/)
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(failures).toEqual([])
})
