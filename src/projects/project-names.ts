/** A source of project names. */
export interface ProjectNames {
  /** @returns the name of the bot's project, or undefined if there is none or it cannot be determined; never rejects */
  nameOf(botId: string | number): Promise<string | undefined>
}

/** Queries the second source only for bots that the first does not know. */
export function firstKnown(first: ProjectNames, second: ProjectNames): ProjectNames {
  return { nameOf: async (botId) => (await first.nameOf(botId)) ?? second.nameOf(botId) }
}

/** @param names project names by bot id */
export function projectNamesFromMap(names: ReadonlyMap<string, string>): ProjectNames {
  return { nameOf: async (botId) => names.get(String(botId)) }
}
