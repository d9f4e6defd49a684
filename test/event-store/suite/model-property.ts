import type { OpenTestStore } from './test-store.ts'
export function describeModel(_open: OpenTestStore): void {}
