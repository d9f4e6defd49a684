/** What `npm start` and the container run: `serve`. The command-line parser is loaded only if there are arguments. */
import { serve } from './cli/serve.ts'

const args = process.argv.slice(2)
if (args.length === 0) await serve()
else await (await import('./cli/program.ts')).run(['serve', ...args])
