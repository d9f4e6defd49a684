import type { Environment } from './tokens.ts'

/** The variables of systemd's socket activation. A child process must not take them for its own. */
export const SOCKET_VARIABLES = ['LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID'] as const

/** The first descriptor that systemd passes (SD_LISTEN_FDS_START). */
const FIRST_DESCRIPTOR = 3

/**
 * Finds the listening socket that systemd passed to this process (sd_listen_fds(3)).
 *
 * @param pid of this process; sockets for another one are ignored
 * @returns the file descriptor, undefined if there is none, or what is wrong
 */
export function findInheritedSocket(
  { LISTEN_FDS: count, LISTEN_PID: forPid }: Environment,
  pid: number,
): { descriptor: number | undefined } | { error: string } {
  if (count === undefined || forPid !== String(pid) || count === '0') return { descriptor: undefined }
  if (count === '1') return { descriptor: FIRST_DESCRIPTOR }
  return {
    error:
      `LISTEN_FDS: this service takes a single socket from systemd (it is ${JSON.stringify(count)}). ` +
      'Keep one ListenStream= in the socket unit.',
  }
}
