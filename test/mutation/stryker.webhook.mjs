import { mutate } from './stryker.mjs'

export default mutate('webhook', ['src/webhook/**/*.ts', 'src/http/raw-headers.ts', 'src/http/http-errors.ts'])
