import { mutate } from './stryker.mjs'

export default mutate('event-store', ['src/event-store/**/*.ts', 'src/lib/mutex.ts', 'src/lib/with-timeout.ts'])
