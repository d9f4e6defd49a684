/**
 * For `node --import`: makes worker threads run the built code instead of src/, which Node.js 20 cannot execute and tsx
 * would compile for each of them.
 */
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

const HOOKS = `
export function resolve(specifier, context, next) {
  return next(specifier.replace(/^(file:.*)\\/src\\/(.*)\\.ts$/, '$1/dist/$2.js'), context)
}`

if (!isMainThread) register(`data:text/javascript,${encodeURIComponent(HOOKS)}`)
