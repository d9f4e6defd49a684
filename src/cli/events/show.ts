import type { StoredEntry } from '../../event-store/event-reader.ts'
import type { RecordKind } from '../../handlers/handler.ts'
import { toEvent } from '../../handlers/index.ts'
import { builtinRules } from '../../replies/builtin-rules.ts'
import { type CompiledRules, compileRepliesFile, compileRules } from '../../replies/replies.ts'
import { explainReply } from '../explain-reply.ts'
import { readRepliesFile } from '../read-replies-file.ts'

/**
 * Describes an entry: its record, the event as DigiReply sent it, and what the rules in force now would answer.
 *
 * @param repliesFile the path of the reply rules, if there are any
 * @throws RepliesFileError
 */
export async function describeEntry(
  { kind, record }: StoredEntry<RecordKind>,
  repliesFile: string | undefined,
): Promise<string> {
  const stored = `The record:\n${pretty(record)}`
  if (kind === 'rejected') return stored
  const event = toEvent(kind, record)
  if (!event) return `${stored}\n\nThe event cannot be restored from this record.`
  const rules = await loadRules(repliesFile)
  return [
    stored,
    `The event as DigiReply sent it:\n${pretty(event)}`,
    'What the current rules would answer (they may have been others when the event arrived):',
    explainReply(rules, event),
  ].join('\n\n')
}

function pretty(value: unknown): string {
  return JSON.stringify(value, undefined, 2)
}

async function loadRules(file: string | undefined): Promise<CompiledRules> {
  if (file === undefined) return compileRules(builtinRules)
  return compileRepliesFile(await readRepliesFile(file))
}
