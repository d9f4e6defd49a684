/** A database with the tables `bots` and `projects`. */
export interface ProjectDatabase {
  /**
   * Looks up a bot, without retrying. When the signal aborts, the promise rejects and the database can do other work.
   *
   * @returns the name of the bot's project, truncated to one character more than allowed; undefined if there is no such
   *   bot or the name is empty
   * @throws Error with the reason of the failure in one printable line, or the signal's reason
   */
  findName(botId: string, signal: AbortSignal): Promise<string | undefined>
  /** Closes the connections. */
  close(): Promise<void>
}
