/** The metrics and the alerting rules, with a real Prometheus that scrapes a real service. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../databases/server.ts'
import { makeFolder } from '../support/folder.ts'
import { findProgram, withProgram } from '../support/programs.ts'
import { startTestService } from '../support/service.ts'

const ALERTS = resolve('docs/deploy/alerts.yaml')

function findPrometheus() {
  const [prometheus, promtool] = [findProgram('prometheus'), findProgram('promtool')]
  return prometheus && promtool ? { prometheus, promtool } : undefined
}

async function startService() {
  const service = await startTestService({ ADMIN_PORT: '0', BOT_PROJECTS: '{"21":"A"}' })
  return { service, admin: service.adminUrl }
}

/** The data of a response from Prometheus's API, as far as it is used here. */
interface Data {
  readonly result: readonly { readonly value: readonly [number, string] }[]
  readonly groups: readonly { readonly rules: readonly { readonly health: string }[] }[]
}

/** Starts Prometheus with the rules, scraping the target every second. @returns how to query it */
async function startPrometheus(program: string, admin: string) {
  const directory = makeFolder()
  const configuration = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [ALERTS],
    scrape_configs: [{ job_name: 'digireply-receiver', static_configs: [{ targets: [new URL(admin).host] }] }],
  }
  writeFileSync(join(directory, 'prometheus.yml'), JSON.stringify(configuration))
  const address = `127.0.0.1:${await freePort()}`
  const flags = [`--web.listen-address=${address}`, '--config.file=prometheus.yml', '--storage.tsdb.path=data']
  const child = spawn(program, flags, { cwd: directory, stdio: 'ignore' })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  return async (path: string) => {
    const response = await fetch(`http://${address}/api/v1/${path}`)
    return ((await response.json()) as { data: Data }).data
  }
}

withProgram('prometheus', findPrometheus, ({ prometheus, promtool }) => {
  test('promtool finds nothing wrong with the metrics', async () => {
    const { service, admin } = await startService()
    await service.post('{"event_type":"on_message_received"}')
    const metrics = await (await fetch(`${admin}/metrics`)).text()
    expect(execFileSync(promtool, ['check', 'metrics'], { input: metrics, encoding: 'utf8' })).toBe('')
  })

  test('the rules are valid, and pass their tests', () => {
    expect(execFileSync(promtool, ['check', 'rules', ALERTS], { encoding: 'utf8' })).toContain('SUCCESS')
    const tests = resolve('docs/deploy/alerts.test.yaml')
    expect(execFileSync(promtool, ['test', 'rules', tests], { encoding: 'utf8' })).toContain('SUCCESS')
  })

  test('each metric that a rule uses is real, and each rule has a test', async () => {
    const { admin } = await startService()
    const metrics = await (await fetch(`${admin}/metrics`)).text()
    const rules = readFileSync(ALERTS, 'utf8')
    const used = new Set(rules.match(/\bdigireply_\w+/g))
    used.delete('digireply_certificate_expiry_timestamp_seconds') // exists only with TLS
    expect(used.size).toBeGreaterThan(4)
    for (const name of used) expect(metrics).toContain(`\n# TYPE ${name} `)
    const tests = readFileSync('docs/deploy/alerts.test.yaml', 'utf8')
    for (const [, name] of rules.matchAll(/alert: (\w+)/g)) expect(tests).toContain(`alertname="${name}"`)
  })

  test('Prometheus scrapes the service, evaluates every rule, and notices when it is gone', async () => {
    const { service, admin } = await startService()
    const query = await startPrometheus(prometheus, admin)
    const value = async (expression: string) => {
      const { result } = await query(`query?query=${encodeURIComponent(expression)}`)
      return result.map((sample) => sample.value[1])
    }
    await service.post('{"event_type":"on_message_received"}')
    const within = { timeout: 30_000, interval: 500 }
    await expect.poll(() => value('sum(digireply_events_total)').catch(() => []), within).toEqual(['1'])
    const { groups } = await query('rules')
    const health = groups.flatMap(({ rules }) => rules.map((rule) => rule.health))
    expect(new Set(health)).toEqual(new Set(['ok']))
    expect(await value('ALERTS{alertstate="firing"}')).toEqual([])

    await service.close()
    await expect.poll(() => value('up{job="digireply-receiver"}'), within).toEqual(['0'])
    await expect.poll(() => value('ALERTS{alertname="ReceiverDown"}'), within).toEqual(['1']) // pending
  }, 60_000)
})
