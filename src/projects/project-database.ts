/** A database with the tables `bots` and `projects`. */
export interface ProjectDatabase {
  /**
   * Looks a bot up once. When the signal aborts, the promise is rejected, and the database may go on with something else.
   *
   * @returns the name of the bot's project, at most one character longer than a name may be; undefined if there is no
   *   such bot, or the name is empty
   * @throws Error that says why there is no answer, in one printable line, and the signal's reason
   */
  findName(botId: string, signal: AbortSignal): Promise<string | undefined>
  /** Lets the connections go. */
  close(): Promise<void>
}
