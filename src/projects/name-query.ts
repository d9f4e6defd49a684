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
