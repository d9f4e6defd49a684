import fc from 'fast-check'
import { test } from 'vitest'
import { propertyRuns } from '../../support/property-runs.ts'
import { type Step, step } from './steps.ts'
import { StoreRun } from './store-run.ts'
import type { OpenTestStore } from './test-store.ts'

export function describeModel(open: OpenTestStore): void {
  const { numRuns } = propertyRuns(6)
  // Several times what they take. After a failure, this ends the search for a shorter list of steps.
  const interruptAfterTimeLimit = numRuns * 2000

  test(
    'whatever happens, readers see what is stored: in order, once, from cursors of any age',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30, size: 'max' }), async (steps: Step[]) => {
          const testStore = await open()
          const run = await StoreRun.start(testStore)
          try {
            for (const step of steps) await run.take(step)
            await run.finish()
          } finally {
            await run.abandon()
            await testStore.dispose()
          }
        }),
        { numRuns, interruptAfterTimeLimit },
      )
    },
    3 * interruptAfterTimeLimit,
  )
}
