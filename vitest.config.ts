import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/build.ts',
    testTimeout: 30_000,
    coverage: {
      include: ['src/**'],
      // The process itself runs in children, where coverage does not see it.
      exclude: ['src/main.ts', 'src/first-start.ts', 'src/logger.ts', 'src/cli/**'],
      reporter: ['text-summary'],
      thresholds: { statements: 94, branches: 87, functions: 94, lines: 95 },
    },
  },
})
