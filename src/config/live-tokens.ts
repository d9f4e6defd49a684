/** The accepted tokens. Those from files are reloaded when their files change. */
import type { FileWatch } from '../lib/poll-files.ts'
import { type WatchOptions, watchAll, watchFile } from '../lib/watch-file.ts'
import { readTokenFile, warnIfShort } from './token.ts'
import type { TokenFile, Tokens } from './tokens.ts'

export interface LiveTokens extends FileWatch {
  /** The same object until a token changes. The previous token is never the same as the current one. */
  current(): Tokens
}

/** Called when a file has changed. */
export interface TokenReports {
  changed(change: { readonly setting: string; readonly isPreviousAccepted: boolean }): void
  /** The file cannot be used, so the token that was read before stays in effect. */
  rejected(error: string): void
  doubtful(warning: string): void
}

/** @param configured the tokens and their files, as read at startup */
export function liveTokens(
  configured: { readonly tokens: Tokens; readonly tokenFiles: readonly TokenFile[] },
  options: WatchOptions,
  reports: TokenReports,
): LiveTokens {
  let { tokens } = configured
  let accepted = withoutRepetition(tokens)
  const watches = configured.tokenFiles.map(({ token: name, setting, path, content }) =>
    watchFile(path, content, options, (changed) => {
      const { token, error } = readTokenFile(setting, changed)
      if (token === undefined) {
        reports.rejected(error)
        return false
      }
      tokens = { ...tokens, [name]: token }
      accepted = withoutRepetition(tokens)
      reports.changed({ setting, isPreviousAccepted: accepted.previous !== undefined })
      const warning = warnIfShort(token)
      if (warning) reports.doubtful(warning)
      return true
    }),
  )
  return { current: () => accepted, ...watchAll(watches) }
}

/** The file of the previous token contains the current one while there is no previous one. */
function withoutRepetition({ current, previous }: Tokens): Tokens {
  return { current, previous: previous === current ? undefined : previous }
}
