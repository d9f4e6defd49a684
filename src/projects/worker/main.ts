/** The worker thread that runs the database driver, so that its hangs, crashes and leaks do not affect the service. */
import { parentPort, workerData } from 'node:worker_threads'
import { BoundedSocket } from '../../databases/bounded-socket.ts'
import { sharedLookup } from '../../databases/shared-lookup.ts'
import { reasonOf } from '../../lib/errors.ts'
import { ConnectionPool, type LogIn } from './connection-pool.ts'
import type { Request, Response, WorkerData } from './messages.ts'

const { address, limits } = workerData as WorkerData
const lookup = sharedLookup()
const pool = new ConnectionPool(() => new BoundedSocket(lookup), await loadDriver(), limits)
const inFlight = new Map<number, AbortController>()

/** Loads only the driver that is needed. */
async function loadDriver(): Promise<LogIn> {
  if (address.kind === 'mysql') return (await import('./mysql.ts')).mysqlLogIn(address, limits)
  return (await import('./postgres.ts')).postgresLogIn(address, limits)
}

function answer(response: Response): void {
  parentPort?.postMessage(response)
}

async function find(id: number, botId: string): Promise<void> {
  const cancel = new AbortController()
  inFlight.set(id, cancel)
  try {
    answer({ kind: 'found', id, name: await pool.findName(botId, cancel.signal) })
  } catch (error) {
    answer({ kind: 'failed', id, reason: reasonOf(error) })
  } finally {
    inFlight.delete(id)
  }
}

parentPort?.on('message', (request: Request) => {
  switch (request.kind) {
    case 'find':
      void find(request.id, request.botId)
      break
    case 'cancel':
      inFlight.get(request.id)?.abort(new Error('cancelled'))
      break
    case 'ping':
      answer({ kind: 'pong' })
      break
    case 'close':
      pool.close()
      answer({ kind: 'closed' })
      break
  }
})
