import { accessSync, constants } from 'node:fs'
import { settingsFileLimits } from '../../config/limits.ts'
import { readTokenFile as readToken } from '../../config/token.ts'
import { errorCode } from '../../lib/errors.ts'
import { readContentSync } from '../../lib/file-content.ts'
import { UsageError } from '../failure.ts'

/** Reads a token as the service reads that of WEBHOOK_SECRET_FILE. @throws UsageError */
export function readTokenFile(path: string): string {
  if (isForbidden(path)) {
    throw new UsageError(
      `--token-file: permission denied for ${path}. Run this with sudo or as a user who may read it.`,
    )
  }
  const { token, error } = readToken('--token-file', readContentSync(path, settingsFileLimits.maxBytes))
  if (token === undefined) throw new UsageError(error)
  return token
}

/** Whether this user may not read the file, or not even look for it. */
export function isForbidden(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return false
  } catch (error) {
    return ['EACCES', 'EPERM'].includes(errorCode(error) ?? '')
  }
}
