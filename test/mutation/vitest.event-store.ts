import { defineConfig } from 'vitest/config'

export default defineConfig({
  // The properties on long texts take minutes in code that is instrumented for every mutant.
  test: { include: ['test/event-store/**/*.test.ts'], testTimeout: 180_000 },
})
