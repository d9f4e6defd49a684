/** `npm run postman`: writes docs/postman_collection.json or, with --check, only checks that it is up to date. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { buildCollection } from './postman-collection.ts'

const PATH = new URL('../docs/postman_collection.json', import.meta.url)

const text = `${JSON.stringify(buildCollection(), null, 2)}\n`
if (!process.argv.includes('--check')) {
  writeFileSync(PATH, text)
} else if (!existsSync(PATH) || readFileSync(PATH, 'utf8') !== text) {
  process.stderr.write('docs/postman_collection.json is not up to date. Run: npm run postman\n')
  process.exitCode = 1
}
