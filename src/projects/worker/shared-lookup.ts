import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

type LookUpAll = (host: string, options: LookupAllOptions, answer: LookupCallback) => void
type LookupCallback = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void

/**
 * A lookup of host names for sockets that try all of a host's addresses (`autoSelectFamily`). It asks once at a time, and
 * everyone who asks meanwhile shares the answer: each dns.lookup() takes a thread of the pool that also syncs the event
 * log and cannot be called off, so connections that give up and try again must not queue up more of them.
 */
export function sharedLookup(lookUp: LookUpAll = lookup): LookupFunction {
  let waiting: LookupCallback[] = []
  return (host, options, answer) => {
    waiting.push(answer)
    if (waiting.length > 1) return
    lookUp(host, { ...options, all: true }, (error, addresses) => {
      const answered = waiting
      waiting = []
      for (const each of answered) each(error, addresses)
    })
  }
}
