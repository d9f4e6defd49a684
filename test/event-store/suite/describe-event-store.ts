import { describe } from 'vitest'
import { describeAppending } from './appending.ts'
import { describeFollowing } from './following.ts'
import { describeModel } from './model-property.ts'
import { describePositions } from './positions.ts'
import { describeReading } from './reading.ts'
import type { OpenTestStore } from './test-store.ts'

/** The tests that every kind of event store passes. They know kinds, ids, records and cursors only. */
export function describeEventStore(name: string, open: OpenTestStore): void {
  describe(`event store: ${name}`, () => {
    describeAppending(open)
    describeReading(open)
    describePositions(open)
    describeFollowing(open)
    describeModel(open)
  })
}
