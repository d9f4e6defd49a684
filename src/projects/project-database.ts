import type { ConnectionLimits, ProjectDatabase } from './database-driver.ts'
import type { DatabaseAddress } from './database-url.ts'

/** Opens the database that the address names, with a driver that is not loaded before. Nothing is connected yet. */
export async function openProjectDatabase(
  address: DatabaseAddress,
  limits: ConnectionLimits,
): Promise<ProjectDatabase> {
  if (address.kind === 'mysql') return (await import('./mysql.ts')).openMysql(address, limits)
  return (await import('./postgres.ts')).openPostgres(address, limits)
}
