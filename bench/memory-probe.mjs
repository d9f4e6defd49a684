/**
 * Preloaded into a server to report its memory use over the IPC channel. The heap is measured after a full garbage
 * collection, so that it contains only live objects. Requires `node --expose-gc`.
 */
process.on('message', () => {
  const { rss } = process.memoryUsage()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  process.send({ rss, heapUsed, external })
})
// Do not keep the server from exiting.
process.channel.unref()
