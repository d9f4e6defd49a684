export interface QueryLimits {
  /** Milliseconds after which the server cancels the statement. */
  readonly statementTimeout: number
  /** Characters of a project name. The query selects one more, so that a longer name is detected. */
  readonly maxNameLength: number
}

/** The parts of the query whose syntax depends on the database. */
export interface QueryParts {
  /** An optimizer hint after `SELECT`. */
  readonly hint?: string
  /** The id of the bot `b`, cast to a string. */
  readonly botId: string
  /** The name of the project `p`, cast to a string and truncated. */
  readonly projectName: string
  readonly parameter: string
}

/** The documented query, which also selects the bot's id. */
export function nameQuery({ hint = '', botId, projectName, parameter }: QueryParts): string {
  return (
    `SELECT ${hint} ${botId} AS bot_id, ${projectName} AS project_name ` +
    `FROM bots b JOIN projects p ON b.project_id = p.id WHERE b.id = ${parameter}`
  )
}

/**
 * Selects the name from the query's rows. A database also finds bots whose ids it considers equal: in MySQL, "21abc"
 * equals the number 21 and "SUPPORT" the string "Support"; in PostgreSQL, " 021" equals the number 21.
 */
export function nameFromRows(rows: readonly Record<string, unknown>[], botId: string): string | undefined {
  const row = rows.find(({ bot_id: found }) => typeof found === 'string' && isSameId(found, botId))
  const name = row?.project_name
  return typeof name === 'string' && name !== '' ? name : undefined
}

/** A DECIMAL(20, 2) column returns 31 as 31.00, a ZEROFILL one as 0031. */
const PADDED_NUMBER = /^(-?)0*(\d+?)(?:\.(\d*?)0*)?$/
/** RFC 9562, section 4: output is lowercase, input is case-insensitive. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whether the id in a row is the given one, ignoring how databases format numbers and UUIDs. */
function isSameId(found: string, given: string): boolean {
  if (found === given) return true
  if (UUID.test(found)) return found.toLowerCase() === given.toLowerCase()
  const [, sign, whole, fraction] = PADDED_NUMBER.exec(found) ?? []
  return whole !== undefined && `${sign}${whole}${fraction ? `.${fraction}` : ''}` === given
}
