/**
 * Finds how many files, including sockets, this process may have open (getrlimit(2), RLIMIT_NOFILE).
 *
 * @returns the soft limit, or Infinity if there is none or it is unknown
 */
export function openFilesLimit(): number {
  // Otherwise the report would do a reverse DNS lookup for every peer. Older type definitions lack the option.
  const report = Object.assign(process.report ?? {}, { excludeNetwork: true })
  const { userLimits } = (report.getReport?.() ?? {}) as { userLimits?: { open_files?: { soft?: number | string } } }
  const limit = Number(userLimits?.open_files?.soft)
  return Number.isNaN(limit) ? Number.POSITIVE_INFINITY : limit
}
