/**
 * Loaded into a server before its own code: reports its memory when asked over the IPC channel. The heap is measured
 * after a full garbage collection, so that it holds only what is still referenced. Needs `node --expose-gc`.
 */
process.on('message', () => {
  const { rss } = process.memoryUsage()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  process.send({ rss, heapUsed, external })
})
// The server must be able to end by itself.
process.channel.unref()
