import { defineConfig } from 'vitest/config'

/** The tests that reach the route within one process: they start the service without a child process. */
const ROUTE_TESTS = ['authenticate', 'contract', 'failures', 'hostile/*', 'listen', 'proxy', 'webhook/*']

export default defineConfig({
  test: {
    include: ROUTE_TESTS.map((name) => `test/${name}.test.ts`),
    // These wait for time-outs of ten seconds, or try 1,500 bodies: too slow to run for each mutant.
    testNamePattern: /^(?!.*(slow and silent|no byte string))/,
    testTimeout: 30_000,
  },
})
