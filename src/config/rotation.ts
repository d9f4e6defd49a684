import type { z } from 'zod'
import type { settings } from './schema.ts'

type Settings = z.infer<typeof settings>

const DAY_MS = 24 * 60 * 60 * 1000

/** @returns how log files are rotated, in bytes and milliseconds; undefined if nothing of it is configured */
export function toRotation(data: Settings) {
  const { LOG_ROTATE_BYTES: maxBytes, LOG_ROTATE_DAILY: daily, LOG_ROTATE_GZIP: gzip, LOG_KEEP_DAYS: keepDays } = data
  if (maxBytes === undefined && !daily && !gzip && keepDays === undefined) return undefined
  return { maxBytes, daily, gzip, keepMs: toKeepMs(data) }
}

/** @returns LOG_KEEP_DAYS in milliseconds */
export function toKeepMs({ LOG_KEEP_DAYS: days }: Partial<Pick<Settings, 'LOG_KEEP_DAYS'>>): number | undefined {
  return days === undefined ? undefined : days * DAY_MS
}

/** Settings that are valid but unwise. */
export function rotationWarnings(data: Settings): string[] {
  const { LOG_KEEP_DAYS: keepDays = Number.POSITIVE_INFINITY, DEDUPE_TTL_SECONDS: ttl } = data
  const isRotated = data.LOG_ROTATE_BYTES !== undefined || data.LOG_ROTATE_DAILY
  const warnings: string[] = []
  if (data.LOG_ROTATE_GZIP && !isRotated) {
    warnings.push('LOG_ROTATE_GZIP has no effect: set LOG_ROTATE_DAILY or LOG_ROTATE_BYTES as well.')
  }
  if (keepDays < Number.POSITIVE_INFINITY && !isRotated) {
    warnings.push('LOG_KEEP_DAYS deletes only rotated files: set LOG_ROTATE_DAILY=true, unless logrotate rotates them.')
  }
  if (keepDays * DAY_MS < ttl * 1000) {
    warnings.push('LOG_KEEP_DAYS is shorter than DEDUPE_TTL_SECONDS: log files are kept for the latter.')
  }
  return warnings
}
