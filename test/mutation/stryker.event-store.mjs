import { mutate } from './stryker.mjs'

export default mutate('event-store')
