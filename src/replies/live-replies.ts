/** The current reply rules, which are reloaded when their file changes. */
import { type FileContent, readContent } from '../lib/file-content.ts'
import type { FileWatch } from '../lib/poll-files.ts'
import { type WatchOptions, watchAll, watchFile } from '../lib/watch-file.ts'
import type { Telemetry } from '../telemetry.ts'
import { builtinRules } from './builtin-rules.ts'
import { type CompiledRules, compileRepliesFile, compileRules, ruleNames } from './replies.ts'
import { checkRepliesFile } from './replies-file.ts'

export interface LiveReplies extends FileWatch {
  current(): CompiledRules
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
    return { current: () => rules, ...watchAll([]) }
  }
  const content = await readContent(file, options.maxBytes)
  let rules = compile(content, file, telemetry)
  telemetry.emit('rulesLoaded', { file, isReload: false, rules: ruleNames(rules) })

  const apply = (changed: FileContent) => {
    try {
      rules = compile(changed, file, telemetry)
      telemetry.emit('rulesLoaded', { file, isReload: true, rules: ruleNames(rules) })
      return true
    } catch (error) {
      telemetry.emit('rulesRejected', { message: error instanceof Error ? error.message : String(error) })
      return false
    }
  }
  return { current: () => rules, ...watchFile(file, content, options, apply) }
}

function compile(content: FileContent, file: string, telemetry: Telemetry): CompiledRules {
  const repliesFile = checkRepliesFile(content, file)
  for (const warning of repliesFile.warnings) telemetry.emit('rulesDoubtful', { warning })
  return compileRepliesFile(repliesFile)
}
