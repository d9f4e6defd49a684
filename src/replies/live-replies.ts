/** The reply rules in force, and how a changed file comes into force while the service runs. */
import { repliesFileLimits } from '../config/limits.ts'
import { detectChanges } from '../lib/detect-changes.ts'
import { type FileContent, readContent } from '../lib/file-content.ts'
import { builtinRules } from './builtin-rules.ts'
import { type CompiledRules, compileRepliesFile, compileRules } from './replies.ts'
import { checkRepliesFile, RepliesFileError } from './replies-file.ts'

/** What is told about the file, for the service's own log. */
export type Log = Record<'info' | 'warn' | 'error', (message: string) => void>

export interface LiveReplies {
  inForce(): CompiledRules
  /**
   * Takes changes of the file from now on.
   *
   * @param readEvery milliseconds
   * @returns a function that ends it
   */
  watch(readEvery?: number): () => void
}

/**
 * Loads the built-in rules, and a customer's file if there is one.
 *
 * @throws RepliesFileError if the file is broken or cannot be read
 */
export async function loadReplies(file: string | undefined, log: Log): Promise<LiveReplies> {
  if (file === undefined) {
    const rules = compileRules(builtinRules)
    return { inForce: () => rules, watch: () => () => {} }
  }
  const content = await readContent(file, repliesFileLimits.maxBytes)
  let rules = compileAtStart(content, file, log)
  log.info(`reply rules of ${file} are in force`)

  const take = (changed: FileContent) => {
    try {
      rules = compile(changed, file, log)
      log.info(`${file} has changed: its reply rules are in force now`)
    } catch (error) {
      log.error(`${error instanceof Error ? error.message : error}\nThe rules from before stay in force.`)
    }
  }
  return {
    inForce: () => rules,
    watch: (readEvery = repliesFileLimits.readEvery) => takeChanges(file, content, readEvery, take),
  }
}

/**
 * Reads the file again and again and compares what it holds. This sees an edit in place, an editor's rename and the
 * swapped symlink of a mounted folder alike, where watching for file events misses some.
 */
function takeChanges(
  file: string,
  initial: FileContent,
  readEvery: number,
  take: (changed: FileContent) => void,
): () => void {
  const isSettledChange = detectChanges(initial)
  let reading = false
  const timer = setInterval(async () => {
    if (reading) return // a slow disk: the readings must not pile up
    reading = true
    const content = await readContent(file, repliesFileLimits.maxBytes)
    reading = false
    if (isSettledChange(content)) take(content)
  }, readEvery)
  timer.unref()
  return () => clearInterval(timer)
}

function compileAtStart(content: FileContent, file: string, log: Log): CompiledRules {
  try {
    return compile(content, file, log)
  } catch (error) {
    if (!(error instanceof RepliesFileError)) throw error
    throw new RepliesFileError(`${error.message}\nMend the file that REPLIES_FILE names, then start the service again.`)
  }
}

function compile(content: FileContent, file: string, log: Log): CompiledRules {
  const repliesFile = checkRepliesFile(content, file)
  for (const warning of repliesFile.warnings) log.warn(warning)
  return compileRepliesFile(repliesFile)
}
