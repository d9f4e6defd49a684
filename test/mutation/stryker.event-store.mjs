import { mutate } from './stryker.mjs'

const files = [
  'src/event-store/**/*.ts',
  '!src/event-store/files/reading/**',
  '!src/event-store/shared/{merge,entry-source,wake-ups}.ts',
  '!src/event-store/event-reader.ts',
]

export default mutate('event-store', [...files, 'src/lib/mutex.ts', 'src/lib/with-timeout.ts'])
