/** For `node --import`: registers tsx in worker threads. On Node.js 20, tsx itself does so only in the main thread. */
import { isMainThread } from 'node:worker_threads'

if (!isMainThread) {
  const { register } = await import('tsx/esm/api')
  register()
}
