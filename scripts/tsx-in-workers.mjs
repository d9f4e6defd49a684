/** For `node --import`: lets worker threads run TypeScript too. On Node.js 20, tsx reaches the main thread only. */
import { isMainThread } from 'node:worker_threads'

if (!isMainThread) {
  const { register } = await import('tsx/esm/api')
  register()
}
