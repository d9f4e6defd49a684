#!/usr/bin/env node
/** The command-line program, `digireply-receiver`. */
import { run } from './program.ts'

await run(process.argv.slice(2))
