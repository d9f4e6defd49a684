import net from 'node:net'
import { onTestFinished } from 'vitest'
import type { ProcessOptions } from './process.ts'

interface Handle {
  readonly fd: number
  getsockname(address: { port?: number }): void
  close(): void
}

/** @returns the file descriptor, which Node.js does not document */
export function descriptorOf(socket: net.Server | net.Socket): number {
  return (socket as unknown as { _handle: Handle })._handle.fd
}

/**
 * Opens a TCP socket that this process never accepts connections from, as systemd does. A net.Server would accept them, so
 * this uses the undocumented function below it. The socket listens from the first process on that it is passed to.
 */
export function openPassiveSocket(): { port: number; descriptor: number } {
  const { _createServerHandle } = net as unknown as { _createServerHandle(...args: unknown[]): Handle }
  const handle = _createServerHandle('127.0.0.1', 0, 4)
  onTestFinished(() => handle.close())
  const address: { port?: number } = {}
  handle.getsockname(address)
  return { port: Number(address.port), descriptor: handle.fd }
}

/** Options of startProcess that pass a descriptor. `$$` is the pid of the shell, which becomes that of the service. */
export function passSocket(descriptor: number, { count = '1', pid = '$$' } = {}): ProcessOptions {
  return { descriptors: [descriptor], shell: `export LISTEN_FDS=${count} LISTEN_PID=${pid}` }
}
