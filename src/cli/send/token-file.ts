import { accessSync, constants } from 'node:fs'
import { readTokens } from '../../config/tokens.ts'
import { errorCode } from '../../lib/errors.ts'
import { UsageError } from '../failure.ts'

/** Reads a token as the service reads that of WEBHOOK_SECRET_FILE. @throws UsageError */
export function readTokenFile(path: string): string {
  if (isForbidden(path)) {
    throw new UsageError(
      `--token-file: permission denied for ${path}. Run this with sudo or as a user who may read it.`,
    )
  }
  const { tokens, errors } = readTokens({ WEBHOOK_SECRET_FILE: path })
  const [token] = tokens
  if (token !== undefined && errors.length === 0) return token
  throw new UsageError(`--token-file: ${errors.join(' ').replace(/^WEBHOOK_SECRET_FILE: /, '')}`)
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
