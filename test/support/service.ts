import { Writable } from 'node:stream'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { logTelemetry } from '../../src/logging/log-telemetry.ts'
import { startService } from '../../src/service.ts'
import { createTelemetry } from '../../src/telemetry.ts'
import { type LogRecord, makeFolder } from './folder.ts'

export const TOKEN = 'test-secret'

export interface TestService {
  readonly url: string
  readonly port: number
  readonly logDir: string
  /** The URL of the private listener, without a path, if ADMIN_PORT is set. */
  readonly adminUrl: string
  /** The lines of the service log. */
  readonly logLines: LogRecord[]
  post(body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>): Promise<Response>
  close(): Promise<void>
}

/**
 * Starts the real service on a real socket, with its log files in a temporary directory.
 *
 * @param onEnd registers what ends it; by default it ends with the test
 */
export async function startTestService(
  settings: Record<string, string> = {},
  onEnd: (close: () => Promise<void>) => void = onTestFinished,
): Promise<TestService> {
  const logDir = settings.LOG_DIR ?? makeFolder()
  const env = { WEBHOOK_SECRET: TOKEN, HOST: '127.0.0.1', PORT: '0', LOG_DIR: logDir, ...settings }
  const config = readConfig(env)
  const logLines: LogRecord[] = []
  const destination = new Writable({
    write(line, _encoding, done) {
      logLines.push(JSON.parse(String(line)))
      done()
    },
  })
  const telemetry = createTelemetry()
  logTelemetry(telemetry, pino({ level: config.logLevel }, destination))
  const service = await startService(config, telemetry)
  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= service.close()
    return closed
  }
  onEnd(close)
  const url = `http://127.0.0.1:${service.port}${config.webhookPath}`
  return {
    url,
    port: service.port,
    adminUrl: logLines.find(({ msg }) => msg === 'private listener: listening')?.url,
    logDir,
    logLines,
    close,
    // A connection that is kept open would delay the shutdown.
    post: (body, headers = { authorization: `Bearer ${TOKEN}` }) =>
      fetch(url, { method: 'POST', body, headers: { connection: 'close', ...headers } }),
  }
}
