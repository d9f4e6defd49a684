import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

type LookupAll = (host: string, options: LookupAllOptions, callback: LookupCallback) => void
type LookupCallback = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void

/**
 * Looks up host names for sockets that try all addresses of a host (`autoSelectFamily`). Concurrent calls share one
 * lookup: dns.lookup() cannot be cancelled and occupies a thread of the pool that also syncs the event log, so
 * connections that time out and retry must not queue more of them. All calls must be for the same host.
 */
export function sharedLookup(lookupAll: LookupAll = lookup): LookupFunction {
  let waiting: LookupCallback[] = []
  return (host, options, callback) => {
    waiting.push(callback)
    if (waiting.length > 1) return
    lookupAll(host, { ...options, all: true }, (error, addresses) => {
      const callbacks = waiting
      waiting = []
      for (const resolve of callbacks) resolve(error, addresses)
    })
  }
}
