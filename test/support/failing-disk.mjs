/** Preloaded into the service: makes fdatasync of log files with events fail. */
import { patchDatasync } from './patch-datasync.mjs'

await patchDatasync(() => Promise.reject(Object.assign(new Error('EIO: made by the test'), { code: 'EIO' })))
