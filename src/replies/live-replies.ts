/** The current reply rules, which are reloaded when their file changes. */
import { type FileContent, readContent } from '../lib/file-content.ts'
import { type WatchOptions, watchFile } from '../lib/watch-file.ts'
import type { Telemetry } from '../telemetry.ts'
import { builtinRules } from './builtin-rules.ts'
import { type CompiledRules, compileRepliesFile, compileRules, ruleNames } from './replies.ts'
import { checkRepliesFile } from './replies-file.ts'

export interface LiveReplies {
  current(): CompiledRules
  /** Starts applying changes to the file. @returns a function that stops it */
  watch(): () => void
}

/**
 * Loads the built-in rules and, if configured, the customer's replies file.
 *
 * @throws RepliesFileError if the file is invalid or cannot be read
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
  telemetry.emit('rulesLoaded', { file, isReload: false, rules: ruleNames(rules) })

  const reload = (changed: FileContent) => {
    try {
      rules = compile(changed, file, telemetry)
      telemetry.emit('rulesLoaded', { file, isReload: true, rules: ruleNames(rules) })
    } catch (error) {
      telemetry.emit('rulesRejected', { message: error instanceof Error ? error.message : String(error) })
    }
  }
  return {
    current: () => rules,
    watch: () => watchFile(file, content, options, reload),
  }
}

function compile(content: FileContent, file: string, telemetry: Telemetry): CompiledRules {
  const repliesFile = checkRepliesFile(content, file)
  for (const warning of repliesFile.warnings) telemetry.emit('rulesDoubtful', { warning })
  return compileRepliesFile(repliesFile)
}
