import { describeDatabase } from './describe-database.ts'
import { findPostgresql } from './postgresql.ts'

describeDatabase({ name: 'PostgreSQL', scheme: 'postgres', start: findPostgresql() })
