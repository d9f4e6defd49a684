import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { test } from 'vitest'

/** @returns the path of a program in PATH or the given directories, or undefined */
export function findProgram(name: string, directories: readonly string[] = []): string | undefined {
  const places = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', ...directories]
  return places
    .map((directory) => join(directory, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/**
 * Defines tests that run a program. Skips them if it is not installed, or fails if REQUIRE_SERVERS is 1.
 *
 * @param find returns what the tests need of the program, or undefined if it is not installed
 */
export function withProgram<Found>(name: string, find: () => Found | undefined, define: (found: Found) => void): void {
  const found = find()
  if (found !== undefined) {
    define(found)
    return
  }
  test.skip(skipOrFail(name))
}

/**
 * Reports that tests are skipped.
 *
 * @returns why
 * @throws if REQUIRE_SERVERS is 1
 */
export function skipOrFail(name: string): string {
  const hint = `${name} is not installed. Run: .ci/install-servers`
  if (process.env.REQUIRE_SERVERS === '1') throw new Error(`REQUIRE_SERVERS is 1, but ${hint}`)
  console.warn(`SKIPPED: tests that need a program. ${hint}`)
  return hint
}
