import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // The tests that reach the route within one process: they start the service without a child process.
    include: ['test/http/**/*.test.ts', 'test/webhook/**/*.test.ts'],
    exclude: ['test/webhook/vectors.test.ts'],
    // These wait for time-outs of ten seconds, or try 1,500 bodies: too slow to run for each mutant.
    testNamePattern: /^(?!.*(slow and silent|no byte string))/,
    testTimeout: 30_000,
  },
})
