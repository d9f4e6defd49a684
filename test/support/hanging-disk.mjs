/** Loaded before the service: the fdatasync of a file that holds events never comes back. */
import { patchDatasync } from './patch-datasync.mjs'

await patchDatasync(() => new Promise(() => {}))
