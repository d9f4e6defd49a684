import type { DatabaseAddress } from '../../databases/database-url.ts'
import type { ConnectionLimits } from './connection-pool.ts'
import type { QueryLimits } from './name-query.ts'

/** The `workerData` of the worker. */
export interface WorkerData {
  readonly address: DatabaseAddress
  readonly limits: ConnectionLimits & QueryLimits
}

/** From the service to the worker. Each lookup has a unique id. */
export type Request =
  | { readonly kind: 'find'; readonly id: number; readonly botId: string }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'ping' }
  | { readonly kind: 'close' }

/** From the worker to the service. May also answer a lookup that was cancelled. */
export type Response =
  | { readonly kind: 'found'; readonly id: number; readonly name: string | undefined }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string }
  | { readonly kind: 'pong' }
  | { readonly kind: 'closed' }
