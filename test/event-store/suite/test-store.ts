/** What the suite needs from a kind of event store besides the store itself. */
import type { EventStore } from '../../../src/event-store/event-store.ts'
import type { TestKind } from '../../support/event-store.ts'

/** An event store under test, which can be restarted and made to fail. Ids of 64 characters are repeatable. */
export interface TestStore {
  /** The store that is open now; another one after a restart. */
  readonly store: EventStore<TestKind>
  /** Whether redeliveries of everything stored before the last restart are recognized. */
  readonly remembersIds: boolean
  /** Closes the store and opens it again without faults. @param how which way, if there are several */
  restart(how?: number): Promise<void>
  /** Does something that must not matter to readers. @param what which of the things that are possible */
  disturb(kind: TestKind, what: number): void
  /** Makes appends fail until `heal` or a restart. @param how in which way; after 0 and 2, nothing is stored */
  failAppends(how: number): void
  heal(): void
  /** Lets the next commit hang. */
  hold(): { readonly holding: () => Promise<void>; readonly release: () => void }
  /** Separates what is stored from what follows, so that `deleteArchived` can delete it. */
  archive(kind: TestKind): Promise<void>
  deleteArchived(kind: TestKind): Promise<void>
  /** Closes the store and deletes what it holds. */
  dispose(): Promise<void>
}

export type OpenTestStore = () => Promise<TestStore>
