import type { DatabaseAddress } from './database-url.ts'

/** A database with the tables `bots` and `projects`. */
export interface ProjectDatabase {
  /**
   * Asks once. At the signal's abort the question is dropped, and its connection with it.
   *
   * @returns the name of the bot's project, or undefined if there is no such bot or the name is empty
   * @throws whatever the driver throws, also after an abort
   */
  findName(botId: string, signal: AbortSignal): Promise<string | undefined>
  /** Lets the connections go. */
  close(): Promise<void>
}

export interface ConnectionLimits {
  /** Milliseconds for opening a connection, and for a statement on the server. */
  readonly lookUpWithin: number
  readonly connections: number
  /** Milliseconds that a connection without work is kept. */
  readonly idleConnection: number
}

/** Opens the database that the address names, with a driver that is not loaded before. Nothing is connected yet. */
export async function openProjectDatabase(
  address: DatabaseAddress,
  limits: ConnectionLimits,
): Promise<ProjectDatabase> {
  if (address.kind === 'mysql') return (await import('./mysql.ts')).openMysql(address, limits)
  return (await import('./postgres.ts')).openPostgres(address, limits)
}

/** The documented query, with the bot's id beside the name; `parameter` is how the database writes one. */
export function nameQuery(parameter: '?' | '$1'): string {
  return (
    'SELECT b.id AS bot_id, p.name AS project_name FROM bots b JOIN projects p ON b.project_id = p.id ' +
    `WHERE b.id = ${parameter}`
  )
}

/**
 * Picks the name from the query's rows. A database takes other ids for the same, and those are other bots: MySQL takes
 * "21abc" for the number 21 and "SUPPORT" for the text "Support", PostgreSQL takes " 021" for the number 21.
 */
export function nameFromRows(rows: readonly Record<string, unknown>[], botId: string): string | undefined {
  const row = rows.find(({ bot_id: found }) => String(found) === botId)
  const name = row?.project_name
  return name === null || name === undefined || String(name) === '' ? undefined : String(name)
}
