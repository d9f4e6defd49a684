import fc from 'fast-check'
import type { TestKind } from '../../support/event-store.ts'
import { KINDS } from './entries.ts'

/** An append of a new entry, or of a redelivery of an earlier one. Late ones were received before others. */
export interface Delivery {
  readonly kind: TestKind
  readonly as: 'unique' | 'repeatable' | 'again' | 'late'
  readonly which: number
}

/** What can happen to a store. Numbers choose among what there is. */
export type Step =
  | { readonly do: 'append'; readonly deliveries: readonly Delivery[]; readonly disturb: number | undefined }
  | { readonly do: 'disturb'; readonly kind: TestKind; readonly what: number }
  | { readonly do: 'fail' | 'restart'; readonly how: number }
  | { readonly do: 'heal' }
  | {
      readonly do: 'read' | 'since'
      readonly cursor: number
      readonly direction: 'after' | 'before'
      readonly limit: number
      readonly kinds: readonly TestKind[]
    }
  | { readonly do: 'find' | 'follow' | 'forget kind'; readonly which: number }

const kind = fc.constantFrom(...KINDS)
const which = fc.nat(99)
const delivery = fc.record({
  kind,
  as: fc.constantFrom<Delivery['as']>('unique', 'repeatable', 'again', 'late'),
  which,
})
const read = fc.record({
  do: fc.constantFrom('read' as const, 'read' as const, 'since' as const),
  cursor: which,
  direction: fc.constantFrom<'after' | 'before'>('after', 'before'),
  limit: fc.nat(6),
  kinds: fc.oneof(fc.constant(KINDS), fc.subarray([...KINDS])),
})

export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      deliveries: fc.array(delivery, { minLength: 1, maxLength: 5 }),
      disturb: fc.option(fc.nat(11), { nil: undefined, freq: 3 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('disturb' as const), kind, what: fc.nat(11) }) },
  { weight: 4, arbitrary: read },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), how: fc.nat(29) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), how: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'heal' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('find' as const, 'follow' as const, 'forget kind' as const), which }),
  },
)
