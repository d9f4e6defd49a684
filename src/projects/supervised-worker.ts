import { Worker } from 'node:worker_threads'
import { errorCode, reasonOf } from '../lib/errors.ts'

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
  /** The worker has failed, and will not reply to the messages that were sent to it. */
  onFailure(reason: string): void
}

const PING = { kind: 'ping' }

/**
 * A worker thread whose code may hang, crash or leak memory. It receives `{kind: 'ping'}` every heartbeatInterval, and
 * is terminated if it does not reply `{kind: 'pong'}` before the next one. After a failure, the next message starts a
 * new worker, but only after a delay with exponential backoff, so that persistent failures do not cost a thread each
 * time.
 */
export class SupervisedWorker<Request, Response extends { readonly kind: string }> {
  readonly #entry: URL
  readonly #data: unknown
  readonly #limits: WorkerLimits
  readonly #events: WorkerEvents<Response>
  /** The worker in use. */
  #worker: Worker | undefined
  /** The worker that is running. A terminated one may take a while to exit, and no other is started before. */
  #thread: Worker | undefined
  #timer: NodeJS.Timeout | undefined
  #isPongPending = false
  #onStarted = () => {}
  #failures = 0
  #lastFailure = 'the database driver was stopped'
  #restartAllowedAt = Number.NEGATIVE_INFINITY

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

  /** Starts the worker. Resolves once it is running or has failed. */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onStarted = resolve
      this.#start()
    })
  }

  /**
   * Sends a message, and starts a worker first if there is none.
   *
   * @throws Error with the reason why there is no worker now
   */
  send(message: Request): void {
    if (!this.#worker && (this.#thread || performance.now() < this.#restartAllowedAt)) {
      throw new Error(`${this.#lastFailure}; it will be restarted after a delay`)
    }
    const worker = this.#worker ?? this.#start()
    worker.postMessage(message)
  }

  /** Sends a message that is pointless for a new worker. @returns whether it was sent */
  sendIfRunning(message: Request): boolean {
    this.#worker?.postMessage(message)
    return this.#worker !== undefined
  }

  /** Resets the backoff, because the worker has proved to work. */
  resetBackoff(): void {
    this.#failures = 0
  }

  /** Terminates the worker permanently. */
  stop(): void {
    this.#terminate()
    this.#restartAllowedAt = Number.POSITIVE_INFINITY
  }

  #start(): Worker {
    const worker = new Worker(this.#entry, {
      workerData: this.#data,
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.workerHeapMiB },
      // Drivers read settings from the environment, and write warnings of arbitrary length.
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
      this.#fail(worker, `the database driver exited with code ${code}`)
    })
    this.#ping(worker, this.#limits.workerStartTimeout)
    return worker
  }

  #ping(worker: Worker, within: number): void {
    this.#isPongPending = true
    worker.postMessage(PING)
    this.#timer = setTimeout(() => {
      // If this thread was too busy to read the pong, that happens before this callback.
      setImmediate(() => {
        if (this.#isPongPending) this.#fail(worker, 'the database driver hung and was stopped')
      })
    }, within).unref()
  }

  #onPong(worker: Worker): void {
    this.#onStarted()
    this.#isPongPending = false
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
    this.#restartAllowedAt = performance.now() + Math.min(restartDelay * 2 ** this.#failures, maxRestartDelay)
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
