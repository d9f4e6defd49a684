import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/event-store/**/*.test.ts', 'test/lib/{turns,within}.test.ts'],
    // Code that is instrumented for every mutant is many times slower, and one of a few runs notices most of them.
    env: { PROPERTY_RUNS_DIVISOR: '20' },
    testTimeout: 10_000,
  },
})
