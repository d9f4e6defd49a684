/** Tests that need a database server, or take minutes: npm run test:slow. */
import { defineConfig } from 'vitest/config'
import config from './vitest.config.ts'

export default defineConfig({
  test: { ...config.test, include: ['test/**/*.slow.ts'], coverage: { enabled: false } },
})
