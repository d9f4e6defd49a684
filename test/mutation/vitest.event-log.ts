import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { include: ['test/event-log/**/*.test.ts'], testTimeout: 10_000 } })
