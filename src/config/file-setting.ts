/** Settings that name a file with a secret. Many a value is the secret itself, which no message may show. */

const CONTENT = /[\r\n]|-----BEGIN/
/** A random token; the path of a file has a / or a . in almost every case. */
const LIKE_A_TOKEN = /^[^/.]{16,}$/

/** @returns why a setting must contain something else, if it contains what should be in the file */
export function explainContent(setting: string, value: string): string | undefined {
  return CONTENT.test(value) ? `${setting}: must be the path of a file, but contains more than that.` : undefined
}

/** Whether the value may be the secret itself, so that it must not be shown unless there is such a file. */
export function mayBeSecret(value: string): boolean {
  return CONTENT.test(value) || LIKE_A_TOKEN.test(value)
}
