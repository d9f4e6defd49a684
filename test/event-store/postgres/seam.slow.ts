import { describeEventStore } from '../suite/describe-event-store.ts'
import { openPostgresTestStore } from './postgres-test-store.ts'
import { withServer } from './with-server.ts'

withServer((server) => describeEventStore('PostgreSQL', () => openPostgresTestStore(server())))
