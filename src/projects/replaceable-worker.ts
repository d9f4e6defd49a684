import { Worker } from 'node:worker_threads'
import { errorCode } from '../lib/error-code.ts'
import { reasonOf } from '../lib/error-reason.ts'

/** Times are in milliseconds. */
export interface WorkerLimits {
  readonly workerHeapMiB: number
  readonly workerStartTimeout: number
  readonly heartbeatInterval: number
  readonly restartDelay: number
  readonly maxRestartDelay: number
}

export interface WorkerEvents<Response> {
  onMessage(message: Response): void
  /** The worker has failed: what it was asked is not going to be answered. */
  onFailure(reason: string): void
}

const PING = { kind: 'ping' }

/**
 * A worker thread whose code may hang, crash or grow. Each heartbeatInterval sends it `{kind: 'ping'}`, and if it does not answer
 * `{kind: 'pong'}` by the next one, it is terminated. After a failure, the next message starts another one, but not at
 * once: the pause doubles with each failure, so that something that fails every time does not cost a thread every time.
 */
export class ReplaceableWorker<Request, Response extends { readonly kind: string }> {
  readonly #entry: URL
  readonly #data: unknown
  readonly #limits: WorkerLimits
  readonly #events: WorkerEvents<Response>
  /** The one that is used. */
  #worker: Worker | undefined
  /** The one that exists. It may take a while to end, and until then no other is started. */
  #thread: Worker | undefined
  #timer: NodeJS.Timeout | undefined
  #isAsked = false
  #onStarted = () => {}
  #failures = 0
  #lastFailure = 'the database driver was stopped'
  #pausedUntil = Number.NEGATIVE_INFINITY

  /**
   * @param entry the module that the worker runs
   * @param data its `workerData`
   */
  constructor(entry: URL, data: unknown, limits: WorkerLimits, events: WorkerEvents<Response>) {
    this.#entry = entry
    this.#data = data
    this.#limits = limits
    this.#events = events
  }

  /** Starts the worker. @returns once it runs, or has failed */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onStarted = resolve
      this.#start()
    })
  }

  /**
   * Sends a message, to a new worker if there is none.
   *
   * @throws Error that says why there is none now
   */
  send(message: Request): void {
    if (!this.#worker && (this.#thread || performance.now() < this.#pausedUntil)) {
      throw new Error(`${this.#lastFailure}; it starts again after a pause`)
    }
    const worker = this.#worker ?? this.#start()
    worker.postMessage(message)
  }

  /** Sends a message that means nothing to a new worker. @returns whether it was sent */
  sendIfRunning(message: Request): boolean {
    this.#worker?.postMessage(message)
    return this.#worker !== undefined
  }

  /** The worker does what it should: the next failure is the first one again. */
  succeed(): void {
    this.#failures = 0
  }

  /** Terminates the worker for good. */
  stop(): void {
    this.#terminate()
    this.#pausedUntil = Number.POSITIVE_INFINITY
  }

  #start(): Worker {
    const worker = new Worker(this.#entry, {
      workerData: this.#data,
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.workerHeapMiB },
      // Drivers look for settings in the environment, and write warnings of any length.
      env: {},
      stdout: true,
      stderr: true,
    })
    this.#worker = worker
    this.#thread = worker
    worker.unref()
    worker.stdout.resume()
    worker.stderr.resume()
    worker.on('message', (message: Response) => {
      if (this.#worker !== worker) return
      if (message.kind === 'pong') this.#onPong(worker)
      else this.#events.onMessage(message)
    })
    worker.on('error', (error) => this.#fail(worker, explain(error)))
    worker.on('exit', (code) => {
      this.#thread = undefined
      this.#fail(worker, `the database driver ended with code ${code}`)
    })
    this.#ping(worker, this.#limits.workerStartTimeout)
    return worker
  }

  #ping(worker: Worker, within: number): void {
    this.#isAsked = true
    worker.postMessage(PING)
    this.#timer = setTimeout(() => {
      // If this thread was too busy to read the answer, it is read before this runs.
      setImmediate(() => {
        if (this.#isAsked) this.#fail(worker, 'the database driver hung and was stopped')
      })
    }, within).unref()
  }

  #onPong(worker: Worker): void {
    this.#onStarted()
    this.#isAsked = false
    clearTimeout(this.#timer)
    this.#timer = setTimeout(
      () => this.#ping(worker, this.#limits.heartbeatInterval),
      this.#limits.heartbeatInterval,
    ).unref()
  }

  #terminate(): void {
    this.#worker = undefined
    clearTimeout(this.#timer)
    void this.#thread?.terminate()
  }

  #fail(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return
    const { restartDelay, maxRestartDelay } = this.#limits
    this.#terminate()
    this.#pausedUntil = performance.now() + Math.min(restartDelay * 2 ** this.#failures, maxRestartDelay)
    this.#failures += 1
    this.#lastFailure = reason
    this.#onStarted()
    this.#events.onFailure(reason)
  }
}

function explain(error: unknown): string {
  return errorCode(error) === 'ERR_WORKER_OUT_OF_MEMORY'
    ? 'the database driver used too much memory and was stopped'
    : `the database driver crashed: ${reasonOf(error)}`
}
