import { describeEventStore } from '../suite/describe-event-store.ts'
import { openFileTestStore } from './file-test-store.ts'

describeEventStore('files that the store rotates itself', () => openFileTestStore({ maxBytes: 400 }))
