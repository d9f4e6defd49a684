/** Loaded before the service: the first fdatasync of a file that holds something fails. */
import { open } from 'node:fs/promises'

const handle = await open(process.execPath)
const prototype = Object.getPrototypeOf(handle)
await handle.close()
const { datasync } = prototype
prototype.datasync = async function () {
  const { size } = await this.stat()
  if (size === 0 || size === 4096) return datasync.call(this)
  throw Object.assign(new Error('EIO: made by the test'), { code: 'EIO' })
}
