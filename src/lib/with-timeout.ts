/**
 * Waits for work for a limited time.
 *
 * @returns what the work returns @throws what it throws, or the error from `makeError` if it has not settled after `ms` milliseconds
 */
export async function withTimeout<Result>(ms: number, makeError: () => Error, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(makeError()), ms)
  })
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer))
}
