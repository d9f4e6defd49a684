import { repliesFileLimits } from '../config/limits.ts'
import { readContent } from '../lib/file-content.ts'
import { checkRepliesFile, type RepliesFile } from '../replies/replies-file.ts'

/** Reads and checks a file of reply rules. @throws RepliesFileError */
export async function readRepliesFile(file: string): Promise<RepliesFile> {
  return checkRepliesFile(await readContent(file, repliesFileLimits.maxBytes), file)
}
