import { describeEventStore } from '../suite/describe-event-store.ts'
import { openFileTestStore } from './file-test-store.ts'

describeEventStore('files', openFileTestStore)
