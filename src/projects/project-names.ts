/** Where the name of a bot's project comes from. */
export interface ProjectNames {
  /** @returns the name of the bot's project, or undefined if there is none or nobody can tell now; never throws */
  nameOf(botId: string | number): Promise<string | undefined>
}

/** Asks the first, and the second about bots that the first does not know. */
export function firstKnown(first: ProjectNames, second: ProjectNames): ProjectNames {
  return { nameOf: async (botId) => (await first.nameOf(botId)) ?? second.nameOf(botId) }
}

/** Names from the settings: a map from bot id, as text, to the project's name. */
export function projectNamesFromMap(names: ReadonlyMap<string, string>): ProjectNames {
  return { nameOf: async (botId) => names.get(String(botId)) }
}
