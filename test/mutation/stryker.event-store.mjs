import { mutate } from './stryker.mjs'

export default mutate('event-store', ['src/event-store/**/*.ts', 'src/lib/turns.ts', 'src/lib/within.ts'])
