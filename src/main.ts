/** The program of npm start and the container: `serve`, without the command-line parser where there is nothing to parse. */
import { serve } from './cli/serve.ts'

const args = process.argv.slice(2)
if (args.length === 0) await serve()
else await (await import('./cli/program.ts')).run(['serve', ...args])
