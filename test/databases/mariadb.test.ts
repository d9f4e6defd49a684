import { describeDatabase } from './describe-database.ts'
import { findMariadb } from './mariadb.ts'

describeDatabase({ name: 'MariaDB', scheme: 'mysql', start: findMariadb() })
