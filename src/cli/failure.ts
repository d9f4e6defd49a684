/** How commands fail: their error output and exit codes. */
import { ExplainedError, InvalidConfigurationError } from '../lib/errors.ts'
import { printError } from './output.ts'

/** 78 is EX_CONFIG of sysexits.h. */
export const exitCodes = { success: 0, failure: 1, wrongUsage: 2, invalidSettings: 78 } as const

/** The command line, or a file named on it, is invalid. Nothing has been done yet. */
export class UsageError extends ExplainedError {
  override readonly name = 'UsageError'
}

/** Prints an error, with a stack trace only if it is unexpected. @returns the exit code */
export function reportFailure(error: unknown): number {
  if (error instanceof UsageError) printError(`error: ${error.message}`)
  else if (error instanceof ExplainedError) printError(error.message)
  else printError(error instanceof Error ? String(error.stack) : String(error))
  return exitCodeOf(error)
}

/** @returns the exit code for an error that ends a command */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return exitCodes.wrongUsage
  return error instanceof InvalidConfigurationError ? exitCodes.invalidSettings : exitCodes.failure
}
