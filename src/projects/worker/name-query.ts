export interface QueryLimits {
  /** Milliseconds after which the server ends the statement. */
  readonly statementTimeout: number
  /** Characters of a project's name. The query asks for one more, so that a longer name is noticed. */
  readonly maxNameLength: number
}

/** How a database writes the parts of the query. */
export interface QueryParts {
  /** After `SELECT`, such as a hint. */
  readonly hint?: string
  /** The id of the bot `b`, as text. */
  readonly botId: string
  /** The beginning of the name of the project `p`, as text whatever its type is. */
  readonly projectName: string
  readonly parameter: string
}

/** The documented query, with the bot's id beside the name. */
export function nameQuery({ hint = '', botId, projectName, parameter }: QueryParts): string {
  return (
    `SELECT ${hint} ${botId} AS bot_id, ${projectName} AS project_name ` +
    `FROM bots b JOIN projects p ON b.project_id = p.id WHERE b.id = ${parameter}`
  )
}

/**
 * Picks the name from the query's rows. A database also finds bots whose ids it only takes for the same: MySQL takes
 * "21abc" for the number 21 and "SUPPORT" for the string "Support", PostgreSQL takes " 021" for the number 21.
 */
export function nameFromRows(rows: readonly Record<string, unknown>[], botId: string): string | undefined {
  const row = rows.find(({ bot_id: found }) => typeof found === 'string' && isSameId(found, botId))
  const name = row?.project_name
  return typeof name === 'string' && name !== '' ? name : undefined
}

/** A DECIMAL(20, 2) column writes 31 as 31.00, a ZEROFILL one as 0031. */
const PADDED_NUMBER = /^(-?)0*(\d+?)(?:\.(\d*?)0*)?$/
/** RFC 9562, section 4: written in lower case, read in either. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whether the id of a row that the database found is the given one, apart from how it writes numbers and UUIDs. */
function isSameId(found: string, given: string): boolean {
  if (found === given) return true
  if (UUID.test(found)) return found.toLowerCase() === given.toLowerCase()
  const [, sign, whole, fraction] = PADDED_NUMBER.exec(found) ?? []
  return whole !== undefined && `${sign}${whole}${fraction ? `.${fraction}` : ''}` === given
}
