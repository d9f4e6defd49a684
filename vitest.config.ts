import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** `npm test` without a filter. The thresholds say nothing about a single file. */
const isFullRun = process.argv.slice(2).join(' ') === 'run'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/build.ts',
    testTimeout: 30_000,
    // Most tests spend their time waiting for deadlines, sockets and processes, so there may be more files than cores.
    maxWorkers: availableParallelism() + 1,
    // Worker threads do not go through vitest.
    execArgv: ['--import', './test/support/built-workers.mjs'],
    coverage: {
      enabled: isFullRun,
      include: ['src/**'],
      exclude: [
        // Tested with a real server by `npm run test:slow`.
        'src/event-store/postgres/**',
        // The process itself runs in child processes, where it is not measured.
        'src/main.ts',
        'src/config/first-start.ts',
        'src/logging/logger.ts',
        'src/cli/**',
        // These run in a worker thread, where they are not measured either.
        'src/databases/postgres-client.ts',
        'src/projects/worker/main.ts',
        'src/projects/worker/mysql.ts',
        'src/projects/worker/postgres.ts',
      ],
      reporter: ['text-summary'],
      thresholds: { statements: 94, branches: 87, functions: 94, lines: 95 },
    },
  },
})
