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
      thresholds: { statements: 90, branches: 85, functions: 90, lines: 90 },
    },
  },
})
