/** Where the name of a bot's project comes from. */
export interface ProjectNames {
  /** @returns the name of the bot's project, or undefined if there is none or nobody can tell now; never throws */
  nameOf(botId: string | number): Promise<string | undefined>
}

/** Names from the settings: a map from bot id, as text, to the project's name. */
export function projectNamesFromMap(names: ReadonlyMap<string, string>): ProjectNames {
  return { nameOf: async (botId) => names.get(String(botId)) }
}
