/** Receivers that share a PostgreSQL cluster: npm run test:cluster */
import { defineConfig } from 'vitest/config'
import config from './vitest.config.ts'

export default defineConfig({
  test: {
    ...config.test,
    include: ['test/**/*.cluster.ts'],
    coverage: { enabled: false },
    // Each test keeps several servers busy.
    maxWorkers: 1,
  },
})
