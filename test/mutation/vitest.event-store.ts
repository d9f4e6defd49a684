import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/event-store/**/*.test.ts', 'test/lib/{mutex,with-timeout}.test.ts'],
    exclude: ['test/event-store/files/reading-*.test.ts'],
    // Instrumented code is many times slower, and a few runs are enough to notice most mutants.
    env: { PROPERTY_RUNS_DIVISOR: '20' },
    testTimeout: 10_000,
  },
})
