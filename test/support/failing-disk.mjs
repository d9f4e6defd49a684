/** Loaded before the service: the fdatasync of a file that holds events fails. */
import { patchDatasync } from './patch-datasync.mjs'

await patchDatasync(() => Promise.reject(Object.assign(new Error('EIO: made by the test'), { code: 'EIO' })))
