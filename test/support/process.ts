import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { onTestFinished } from 'vitest'
import { makeFolder } from './folder.ts'
import { readUntilEnd } from './raw-socket.ts'

export const MAIN = new URL('../../dist/main.js', import.meta.url).pathname
/** The command-line program. */
export const RECEIVER = new URL('../../dist/cli/receiver.js', import.meta.url).pathname
const START_TIMEOUT_MS = 20_000
export const TOKEN = 'a-token-for-the-process'

export interface ReceiverProcess {
  readonly child: ChildProcess
  readonly folder: string
  /** Where it listens. Set once `started` has resolved. */
  readonly url: string
  readonly port: number
  /** @returns what it has written to stdout and stderr so far */
  output(): string
  /** Resolves when it listens, and rejects if it exits before that. */
  readonly started: Promise<void>
  /** Resolves with its exit code, or the signal that killed it. */
  readonly exited: Promise<number | NodeJS.Signals | null>
  post(body: string, headers?: Record<string, string>): Promise<Response>
}

export interface ProcessOptions {
  /** The working directory, with its .env and logs/. */
  folder?: string
  env?: Record<string, string | undefined>
  /** Arguments for Node.js, before the script. */
  nodeArguments?: string[]
  /** The script and its arguments; by default, the program that the container runs. */
  script?: string[]
  /** A shell command to run first, such as ulimit. */
  shell?: string
  /** Open files that it inherits, from descriptor 3 on. */
  descriptors?: number[]
}

/** Starts the built service as a real process, and kills it after the test. */
export function startProcess(options: ProcessOptions = {}): ReceiverProcess {
  const folder = options.folder ?? makeFolder()
  const env = { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', WEBHOOK_SECRET: TOKEN, ...options.env }
  const command = [process.execPath, ...(options.nodeArguments ?? []), ...(options.script ?? [MAIN])]
  const [program = '', ...args] = options.shell
    ? ['sh', '-c', `${options.shell}; exec "$@"`, 'sh', ...command]
    : command
  const child = spawn(program, args, {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe', ...(options.descriptors ?? [])],
  })
  let output = ''
  let port = 0
  const exited = once(child, 'exit').then(([code, signal]) => code ?? signal)
  const started = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`did not start:\n${output}`)), START_TIMEOUT_MS)
    const onText = (text: Buffer) => {
      output += text
      const listening = output.match(
        /listening\S*\s+\S*url\S* "https?:\/\/[^:]+:(\d+)|"url":"https?:\/\/[^:]+:(\d+)[^"]*","msg":"listening/,
      )
      if (!listening) return
      port = Number(listening[1] ?? listening[2])
      clearTimeout(timer)
      resolve()
    }
    child.stdout?.on('data', onText)
    child.stderr?.on('data', onText)
    void exited.then(() => {
      clearTimeout(timer)
      reject(new Error(`exited:\n${output}`))
    })
  })
  started.catch(() => {})
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const url = () => `http://127.0.0.1:${port}/webhook`
  return {
    child,
    folder,
    started,
    exited,
    output: () => output,
    get url() {
      return url()
    },
    get port() {
      return port
    },
    // A connection that is kept open would delay the shutdown.
    post: (body, headers = { authorization: `Bearer ${TOKEN}` }) =>
      fetch(url(), { method: 'POST', body, headers: { connection: 'close', ...headers } }),
  }
}

/** Asks the holder of the lock, because the child process may be a wrapper around the service. */
export async function pidOf({ folder }: Pick<ReceiverProcess, 'folder'>): Promise<number> {
  const lock = connect(`${folder}/logs/.lock`)
  return Number.parseInt(await readUntilEnd(lock), 10)
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
