import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Creates an empty directory that is removed after the test. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'receiver-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

// biome-ignore lint/suspicious/noExplicitAny: tests access any field of a record
export type LogRecord = any

/** Reads a log file. Every line must be JSON and end with a line feed. */
export function readRecords(folder: string, file: string): LogRecord[] {
  const text = readFileSync(join(folder, file), 'utf8')
  const lines = text.split('\n')
  if (lines.pop() !== '') throw new Error(`${file} ends with an incomplete line`)
  return lines.map((line) => JSON.parse(line))
}

/** Counts the lines of every log file in a directory. */
export function countLines(folder: string): Record<string, number> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'))
  return Object.fromEntries(files.map((file) => [file, readRecords(folder, file).length]))
}
