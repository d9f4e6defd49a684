/**
 * Waits for work, but not for ever.
 *
 * @throws what the work throws, or the error that is made if it has not ended after so many milliseconds
 */
export async function withTimeout(ms: number, makeError: () => Error, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(makeError()), ms)
  })
  await Promise.race([work, timeout]).finally(() => clearTimeout(timer))
}
