/**
 * Waits for a promise until a signal aborts. Unlike a plain Promise.race(), it leaves no listener on a signal that
 * outlives the promise.
 *
 * @throws the signal's reason if it aborts, or the reason the promise is rejected with
 */
export async function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  let abort = () => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
