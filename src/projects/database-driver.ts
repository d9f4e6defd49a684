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
