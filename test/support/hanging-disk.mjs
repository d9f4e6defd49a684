/** Preloaded into the service: makes fdatasync of log files with events hang forever. */
import { patchDatasync } from './patch-datasync.mjs'

await patchDatasync(() => new Promise(() => {}))
