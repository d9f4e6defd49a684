/** Compares the deployment files with what the service needs, as far as that is possible without running them. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exitCodes } from '../src/cli/failure.ts'
import { readConfig } from '../src/config/config.ts'
import { databaseLimits, eventStoreLimits, httpLimits, shutdownLimits } from '../src/config/limits.ts'
import { settingNames } from '../src/config/schema.ts'
import { createCertificate, hasOpenssl } from './support/certificates.ts'
import { makeFolder } from './support/folder.ts'
import { findProgram } from './support/programs.ts'
import { startTestService } from './support/service.ts'

const root = new URL('..', import.meta.url).pathname
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** The Dockerfile's instructions by stage, with continued lines joined. */
const stages = read('Dockerfile')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n/g, ' ')
  .split(/^(?=FROM )/m)
  .map((stage) => stage.split('\n').filter((line) => line.trim() !== ''))
  .filter((stage) => stage.length > 0)
const image = stages.at(-1) ?? []
const instruction = (name: string) => image.filter((line) => line.startsWith(`${name} `))

const copied = stages
  .flat()
  .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
  .flatMap((line) => line.split(/\s+/).slice(1, -1))

test('.dockerignore allows exactly the files that the Dockerfile copies, and these exist', () => {
  for (const path of copied) expect(existsSync(join(root, path)), path).toBe(true)
  const [everything, ...allowed] = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  expect(everything).toBe('*')
  expect(new Set(allowed)).toEqual(new Set(copied.map((path) => `!${path.replace('./', '')}`)))
})

test('the image copies dist/ and the packages from the stages that build them', () => {
  const copiedFromStages = instruction('COPY').filter((line) => line.includes('--from='))
  expect(copiedFromStages.map((line) => line.split(/\s+/)[2]).sort()).toEqual(['/app/dist', '/app/node_modules'])
  expect(stages.flat().filter((line) => line.startsWith('FROM '))).toEqual([
    'FROM node:24-slim AS build',
    'FROM node:24-slim AS packages',
    'FROM node:24-slim',
  ])
})

test('dist/ imports only production packages', () => {
  const { dependencies } = JSON.parse(read('package.json'))
  const files = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' }).filter((n) => n.endsWith('.js'))
  const imported = files
    .flatMap((file) => [...read(join('dist', file)).matchAll(/(?:from|import\(?) *['"]([^'"]+)['"]/g)])
    .map(([, name = '']) => name)
    .filter((name) => !name.startsWith('.') && !name.startsWith('node:'))
    .map((name) => name.match(/^(?:@[^/]+\/)?[^/]+/)?.[0])
  expect(imported.length).toBeGreaterThan(5)
  for (const name of new Set(imported)) {
    expect(builtinModules).not.toContain(name)
    expect(Object.keys(dependencies)).toContain(name)
  }
})

test('the image runs node directly, as an unprivileged user, with the logs in a volume', () => {
  expect(image.at(-1)).toBe('CMD ["node", "dist/main.js"]')
  expect(existsSync(join(root, 'dist/main.js'))).toBe(true)
  expect(image).toContain('USER node')
  expect(image).toContain('ENV NODE_ENV=production')
  const logDir = instruction('ENV')
    .find((line) => line.includes('LOG_DIR='))
    ?.split('=')[1]
  expect(instruction('VOLUME')).toEqual([`VOLUME ${logDir}`])
  expect(instruction('RUN').join()).toContain(`--owner=node --group=node --mode=0750 ${logDir}`)
  expect(instruction('EXPOSE')).toEqual([`EXPOSE ${readConfig({ WEBHOOK_SECRET: 'x' }).port}`])
  expect(stages.flat().join('\n')).not.toContain('WEBHOOK_SECRET')
})

test('the image, and what starts it, has the version of package.json; a build with another one fails', () => {
  const { name, version, description } = JSON.parse(read('package.json'))
  const kubernetes = ['docs/deploy/kubernetes.yaml', 'docs/deploy/kubernetes-postgresql.yaml']
  const files = ['Dockerfile', 'compose.yaml', 'docs/deploy.md', ...kubernetes]
  const firstTag = (file: string) => read(file).match(new RegExp(`${name}:[\\w.-]+`))?.[0]
  expect(files.map((file) => [file, firstTag(file)])).toEqual(files.map((file) => [file, `${name}:${version}`]))
  expect(stages.flat().filter((line) => line.startsWith('ARG '))).toEqual([`ARG VERSION=${version}`])

  const labels = instruction('LABEL').join()
  expect(labels).toContain(`image.title="${name}"`)
  expect(labels).toContain(`image.description="${description}"`)
  expect(labels).toContain('image.version=$VERSION')

  const check =
    instruction('RUN')
      .find((line) => line.includes('VERSION'))
      ?.slice('RUN '.length) ?? ''
  const build = (VERSION: string) =>
    spawnSync('sh', ['-c', check.replace('/app/', root)], { env: { PATH: process.env.PATH, VERSION } })
  expect(build(version).status).toBe(0)
  const failed = build('0.0.1')
  expect(failed.status).not.toBe(0)
  expect(String(failed.stderr)).toContain(`must be that of package.json, ${version}`)
})

test('the image has no package manager', () => {
  const [removal = ''] = instruction('RUN').filter((line) => line.includes('rm -rf'))
  for (const program of ['npm', 'npx', 'corepack', 'yarn', 'yarnpkg']) expect(removal).toContain(` ${program}`)
  // The service does not run any.
  expect(image.join('\n').replace(removal, '')).not.toMatch(/\bnp[mx] /)
})

test('the command-line program is in the PATH of the image and runs through its symbolic link', () => {
  const target = '/app/dist/cli/receiver.js'
  expect(instruction('RUN')).toContain(`RUN ln -s ${target} /usr/local/bin/digireply-receiver`)
  expect(stages[0]).toContain(`RUN npm run build && chmod 755 ${target.replace('/app/', '')}`)
  const { bin } = JSON.parse(read('package.json'))
  expect(bin).toEqual({ 'digireply-receiver': target.replace('/app/', '') })

  const directory = makeFolder()
  const program = join(root, bin['digireply-receiver'])
  chmodSync(program, 0o755)
  symlinkSync(program, join(directory, 'digireply-receiver'))
  const env = { PATH: `${directory}:${process.env.PATH}` }
  expect(String(execFileSync('digireply-receiver', ['send', '--list'], { cwd: directory, env }))).toContain(
    'tickets.jsonl',
  )
})

test('the health check succeeds while the service responds and fails when it does not', async () => {
  const command = instruction('HEALTHCHECK')[0]?.split(' CMD ')[1]
  const [program, ...args]: string[] = JSON.parse(command ?? '[]')
  expect(program).toBe('node')
  const check = async (port: number, env = {}) => {
    const [code] = await once(spawn(process.execPath, args, { env: { PORT: String(port), ...env } }), 'exit')
    return code
  }
  const service = await startTestService()
  expect(await check(service.port)).toBe(0)
  if (hasOpenssl) {
    const { certFile, keyFile } = createCertificate()
    const env = { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile }
    const secure = await startTestService(env)
    expect(await check(secure.port, env)).toBe(0)
    expect(await check(secure.port)).toBe(1)
  }
  await service.close()
  expect(await check(service.port)).toBe(1)
})

test('compose.yaml matches the image, and restricts the container', () => {
  const compose = read('compose.yaml')
  expect(compose).toContain('- logs:/data/logs')
  expect(compose).toContain('WEBHOOK_SECRET_FILE: /run/secrets/webhook_secret')
  expect(compose).toContain('file: ./secrets/webhook_secret')
  expect(read('.gitignore').split('\n')).toContain('secrets/')
  for (const line of [
    'read_only: true',
    'restart: unless-stopped',
    'no-new-privileges:true',
    'cap_drop:\n      - ALL',
  ]) {
    expect(compose).toContain(line)
  }
  expect(numberIn(compose, /stop_grace_period: (\d+)s/)).toBeGreaterThan(shutdownLimits.killAfter / 1000)
})

test('Prometheus in compose.yaml scrapes the private listener, which is not published', () => {
  const compose = read('compose.yaml')
  const port = numberIn(compose, /ADMIN_PORT: (\d+)/)
  expect(compose).toContain('ADMIN_HOST: 0.0.0.0')
  expect(read('docs/deploy/prometheus.yml')).toContain(`targets: [receiver:${port}]`)
  const published = [...compose.matchAll(/- "(.*):(\d+)"/g)].map(([, host, container]) => [host, container])
  expect(published).toEqual([
    ['127.0.0.1:3000', '3000'],
    ['127.0.0.1:9090', '9090'],
  ])
})

test('kubernetes.yaml runs one pod at a time, with a volume for the log files', () => {
  const manifest = read('docs/deploy/kubernetes.yaml')
  expect(manifest).toMatch(/replicas: 1\n +strategy:\n +type: Recreate\n/)
  const logDir = instruction('VOLUME')[0]?.split(' ')[1]
  expect(manifest).toContain(`- name: logs\n              mountPath: ${logDir}\n`)
})

test('kubernetes-postgresql.yaml replaces pods one by one, each with time to drain', () => {
  const manifest = read('docs/deploy/kubernetes-postgresql.yaml')
  expect(manifest).toMatch(/replicas: 2\n/)
  expect(manifest).toMatch(/type: RollingUpdate\n +rollingUpdate:\n +maxUnavailable: 0\n/)
  expect(manifest).toMatch(/kind: PodDisruptionBudget\n[\s\S]*?minAvailable: 1\n/)
  const delay = numberIn(manifest, /name: SHUTDOWN_DELAY_SECONDS\n +value: "(\d+)"/)
  const probes = manifest.match(/readinessProbe:[\s\S]*?periodSeconds: (\d+)\n[\s\S]*?failureThreshold: (\d+)/) ?? []
  expect(delay).toBeGreaterThanOrEqual(Number(probes[1]) * Number(probes[2]))
  expect(numberIn(manifest, /terminationGracePeriodSeconds: (\d+)/)).toBeGreaterThan(
    delay + shutdownLimits.killAfter / 1000,
  )
  expect(settingNames).toEqual(expect.arrayContaining(['EVENT_STORE_URL', 'SHUTDOWN_DELAY_SECONDS']))
})

test.for(['kubernetes.yaml', 'kubernetes-postgresql.yaml'])(
  '%s matches the image, and runs without privileges',
  (file) => {
    const manifest = read(`docs/deploy/${file}`)
    const config = readConfig({ WEBHOOK_SECRET: 'x' })
    expect(numberIn(manifest, /terminationGracePeriodSeconds: (\d+)/)).toBeGreaterThan(shutdownLimits.killAfter / 1000)
    expect(numberIn(manifest, /containerPort: (\d+)/)).toBe(config.port)
    expect(manifest).toMatch(/livenessProbe:\n +httpGet:\n +path: \/healthz\n +port: http\n/)
    expect(manifest).toMatch(/readinessProbe:\n +httpGet:\n +path: \/readyz\n +port: http\n/)

    const secret = manifest.match(/name: WEBHOOK_SECRET_FILE\n +value: (.*)\/webhook_secret\n/)?.[1]
    expect(manifest).toContain(`- name: secret\n              mountPath: ${secret}\n`)
    expect(manifest).not.toMatch(/^ *subPath:/m)
    // The user `node` of the image.
    for (const name of ['runAsUser', 'runAsGroup', 'fsGroup']) expect(manifest).toContain(`${name}: 1000\n`)
    for (const line of [
      'runAsNonRoot: true',
      'readOnlyRootFilesystem: true',
      'allowPrivilegeEscalation: false',
      'drop: [ALL]',
    ]) {
      expect(manifest).toContain(`${line}\n`)
    }
  },
)

test('the systemd unit matches the limits, exit codes and settings of the service', () => {
  const unit = read('docs/deploy/receiver.service')
  const logs = unit.match(/^LogsDirectory=(.+)$/m)?.[1]
  expect(unit).toContain(`Environment=LOG_DIR=/var/log/${logs}\n`)
  expect(numberIn(unit, /^RestartPreventExitStatus=(\d+)$/m)).toBe(exitCodes.invalidSettings)
  expect(unit).toContain('\nExecReload=/bin/kill -HUP $MAINPID\n')
  expect(unit).toContain('\nRestartForceExitStatus=SIGHUP\n')
  expect(numberIn(unit, /^TimeoutStopSec=(\d+)$/m)).toBeGreaterThan(shutdownLimits.killAfter / 1000)
  expect(numberIn(unit, /^LimitNOFILE=(\d+)$/m)).toBeGreaterThanOrEqual(
    httpLimits.maxConnections + httpLimits.reservedFiles,
  )
  const settings = Object.fromEntries(
    [...unit.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  )
  const config = readConfig({ ...settings, WEBHOOK_SECRET_FILE: '', WEBHOOK_SECRET: 'x' })
  expect(config).toMatchObject({ production: true, host: '127.0.0.1', trustProxy: ['127.0.0.1'] })
  // V8 compiles code at run time.
  expect(unit).not.toMatch(/^MemoryDenyWriteExecute/m)
  expect(read('docs/deploy/logrotate')).toContain(`\n/var/log/${logs}/*.jsonl {`)
})

test('the socket unit listens where nginx expects the service, and gives up no sooner than the service unit', () => {
  const socket = read('docs/deploy/receiver.socket')
  expect(socket).toContain(`\nListenStream=127.0.0.1:${readConfig({ WEBHOOK_SECRET: 'x' }).port}\n`)
  expect(socket).toContain('\nTriggerLimitIntervalSec=0\n')
  expect(read('docs/deploy/receiver.service')).toContain('\nStartLimitIntervalSec=0\n')
})

test.skipIf(!findProgram('systemd-analyze'))('systemd accepts both units', () => {
  const folder = makeFolder()
  const name = join(folder, 'digireply-receiver')
  const service = read('docs/deploy/receiver.service').replace('/usr/bin/node', process.execPath)
  writeFileSync(`${name}.service`, service)
  writeFileSync(`${name}.socket`, read('docs/deploy/receiver.socket'))
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', `${name}.socket`], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

test('nginx forwards every request that the service accepts, and waits longer than the service takes', () => {
  const nginx = read('docs/deploy/nginx.conf')
  const config = readConfig({ WEBHOOK_SECRET: 'x' })
  expect(numberIn(nginx, /client_max_body_size (\d+)m;/) * 1024 * 1024).toBeGreaterThanOrEqual(config.bodyLimit)
  const readTimeout = numberIn(nginx, /proxy_read_timeout (\d+)s;/)
  expect(readTimeout).toBeGreaterThan(httpLimits.requestTimeout / 1000)
  expect(readTimeout).toBeGreaterThan((eventStoreLimits.stallTimeoutMs + databaseLimits.lookupTimeout) / 1000)
  expect(nginx).toContain('proxy_set_header X-Forwarded-For $remote_addr;')
  expect(nginx).toContain(`location = ${config.webhookPath} {`)
  expect(nginx).toContain(`proxy_pass http://127.0.0.1:${config.port};`)
})

function numberIn(text: string, pattern: RegExp): number {
  return Number(text.match(pattern)?.[1])
}
