/**
 * How many files, sockets among them, this process may have open (getrlimit(2), RLIMIT_NOFILE).
 *
 * @returns the soft limit, Infinity if there is none or nobody can tell
 */
export function openFilesLimit(): number {
  // Without this the report would look up the name of every peer; older type definitions do not know it.
  const report = Object.assign(process.report ?? {}, { excludeNetwork: true })
  const { userLimits } = (report.getReport?.() ?? {}) as { userLimits?: { open_files?: { soft?: number | string } } }
  const limit = Number(userLimits?.open_files?.soft)
  return Number.isNaN(limit) ? Number.POSITIVE_INFINITY : limit
}
