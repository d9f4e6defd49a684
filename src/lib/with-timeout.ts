/**
 * Waits for work for a limited time.
 *
 * @throws what the work throws, or the error from `makeError` if it has not settled after `ms` milliseconds
 */
export async function withTimeout(ms: number, makeError: () => Error, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(makeError()), ms)
  })
  await Promise.race([work, timeout]).finally(() => clearTimeout(timer))
}
