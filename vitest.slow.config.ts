/** Tests that need a database server, or mostly wait for timeouts and blocked outputs: npm run test:slow. */
import { defineConfig } from 'vitest/config'
import config from './vitest.config.ts'

export default defineConfig({
  test: {
    ...config.test,
    include: ['test/**/*.slow.ts'],
    coverage: { enabled: false },
    // Many of these measure how long a ticket takes while a server or a driver keeps a core busy.
    maxWorkers: 1,
  },
})
