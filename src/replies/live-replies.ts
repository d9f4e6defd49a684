/** The reply rules in force, and how a changed file comes into force while the service runs. */
import { type FileContent, readContent } from '../lib/file-content.ts'
import { type WatchOptions, watchFile } from '../lib/watch-file.ts'
import type { Telemetry } from '../telemetry.ts'
import { builtinRules } from './builtin-rules.ts'
import { type CompiledRules, compileRepliesFile, compileRules } from './replies.ts'
import { checkRepliesFile } from './replies-file.ts'

export interface LiveReplies {
  current(): CompiledRules
  /** Applies changes of the file from now on. @returns a function that stops that */
  watch(): () => void
}

/**
 * Loads the built-in rules, and a customer's file if there is one.
 *
 * @throws RepliesFileError if the file is broken or cannot be read
 */
export async function loadReplies(
  file: string | undefined,
  options: WatchOptions,
  telemetry: Telemetry,
): Promise<LiveReplies> {
  if (file === undefined) {
    const rules = compileRules(builtinRules)
    return { current: () => rules, watch: () => () => {} }
  }
  const content = await readContent(file, options.maxBytes)
  let rules = compile(content, file, telemetry)
  telemetry.emit('rulesLoaded', { file, isReload: false })

  const take = (changed: FileContent) => {
    try {
      rules = compile(changed, file, telemetry)
      telemetry.emit('rulesLoaded', { file, isReload: true })
    } catch (error) {
      telemetry.emit('rulesRejected', { message: error instanceof Error ? error.message : String(error) })
    }
  }
  return {
    current: () => rules,
    watch: () => watchFile(file, content, options, take),
  }
}

function compile(content: FileContent, file: string, telemetry: Telemetry): CompiledRules {
  const repliesFile = checkRepliesFile(content, file)
  for (const warning of repliesFile.warnings) telemetry.emit('rulesDoubtful', { warning })
  return compileRepliesFile(repliesFile)
}
