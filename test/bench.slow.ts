/** The benchmark measures what it claims to measure. These tests do not check how fast anything is. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { compare } from '../bench/compare.ts'
import { busyTicks, openCpuTime } from '../bench/cpu-time.ts'
import { readOptions } from '../bench/options.ts'
import { reportComparison } from '../bench/report-comparison.ts'
import { reportGrowth } from '../bench/report-growth.ts'
import { percentile, spreadOf } from '../bench/statistics.ts'
import { type Measurement, withTrial } from '../bench/trial.ts'
import { listVariants, type Variant } from '../bench/variants.ts'
import { makeFolder } from './support/folder.ts'

const QUICK = ['--connections', '4', '--rounds', '1', '--events', '200', '--warm-up', '64', '--json']

describe.skipIf(process.platform !== 'linux')('on Linux', () => {
  test('it measures bare Fastify and the service, and checks that every event was stored', async () => {
    const { stdout } = await bench('--only', 'bare,no-fsync', ...QUICK)
    const { results } = JSON.parse(stdout) as { results: { variant: Variant; measurements: Measurement[] }[] }
    expect(
      results.map(({ variant, measurements }) => [variant.mode, measurements.map(({ events }) => events)]),
    ).toEqual([
      ['bare', [200]],
      ['no-fsync', [200]],
    ])
  })

  test.for([
    { fault: 'stores less than it acknowledges', failures: {}, message: '8 events were acknowledged, but webhook_log' },
    { fault: 'rejects an event', failures: { 'status 503': 2 }, message: 'was 200: {"status 503":2}' },
  ])('it fails if a service $fault', async ({ failures, message }) => {
    const generator = { ...fakeGenerator, send: async () => ({ ...result, failures }) }
    const tools = { cores, cpuTime: noCpuTime, generator, directory: makeFolder() }
    const [service] = listVariants(['dist'], ['no-fsync']) as [Variant]
    const measured = withTrial(tools, service, (trial) => trial.load({ connections: 1, events: 28 }))
    await expect(measured).rejects.toThrow(message)
  })

  test('it fails if responses differ', async () => {
    const tools = { cores, cpuTime: noCpuTime, generator: fakeGenerator, directory: makeFolder() }
    const script = join(tools.directory, 'server.mjs')
    writeFileSync(script, SERVER_WITH_EMPTY_RESPONSES)
    const [bare] = listVariants([], ['bare']) as [Variant]
    const options = { connections: [1], rounds: 1, seconds: 1, events: 28, warmUpEvents: 28 }
    const compared = compare(tools, [bare, { ...bare, name: 'other', script }], options, () => {})
    await expect(compared).rejects.toThrow('other responds {}, but the first server responds {"status":"success"}')
  })

  test('it measures the same CPU time of a process as Node.js', () => {
    const cpuTime = openCpuTime()
    const ownSeconds = () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6
    const twoTicks = 0.02
    const before = ownSeconds()
    const counted = cpuTime.ofProcess(process.pid)
    expect(counted).toBeGreaterThan(before - twoTicks)
    expect(counted).toBeLessThan(ownSeconds() + twoTicks)
  })
})

test.for([
  [['--rounds', '0'], '--rounds: expected an integer of at least 1, not 0'],
  [['--connections', '8,x'], '--connections: expected an integer of at least 1, not x'],
  [['--events', '200'], '--events: expected an integer of at least 256, not 200'],
  [['--only', 'bare,sync'], '--only: expected one or more of bare,fsync,no-fsync,metrics, not sync'],
  [['--fast'], "Unknown option '--fast'"],
] as const)('%s: %s', ([args, message]) => {
  expect(() => readOptions([...args])).toThrow(message)
})

test('the busy time of a core excludes idle time and waiting for I/O', () => {
  const stat = 'cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\ncpu1 1 20 300 0 0 4000 50000 600000 7 7\n'
  expect([busyTicks(stat, 0), busyTicks(stat, 1)]).toEqual([6, 654_321])
})

test('medians and percentiles', () => {
  expect(spreadOf([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30 })
  expect(spreadOf([40, 10, 30, 20])).toEqual({ median: 25, min: 10, max: 40 })
  expect(spreadOf([7])).toEqual({ median: 7, min: 7, max: 7 })
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1)
  expect([percentile(hundred, 0.5), percentile(hundred, 0.99)]).toEqual([50, 99])
})

describe('in the reports', () => {
  const bare: Variant = { name: 'bare', mode: 'bare', script: '', env: {}, stores: false, memoryProbe: false }
  const service: Variant = { ...bare, name: 'service', mode: 'fsync' }

  test('ratios are computed round by round', () => {
    const comparison = (variant: Variant, micros: number[]) => ({
      connections: 8,
      variant,
      measurements: micros.map((cpuMicros) => ({ ...measurement, cpuMicros })),
    })
    const report = reportComparison([comparison(bare, [10, 20, 30]), comparison(service, [40, 60, 150])])
    expect(report).toContain('60.0 (40.0–150.0) | 4.00 (3.00–5.00)')
  })

  test('growth is computed for the last and the worst window, and its ratio excludes what slowed everything down', () => {
    const growths = [
      { variant: bare, rounds: [[20, 20, 40]] },
      { variant: service, rounds: [[100, 400, 300]] },
    ]
    const rows = reportGrowth(growths, 30_000).split('\n').slice(-4)
    expect(rows.map((row) => row.split('|').at(3)?.trim().split(' (')[0])).toEqual([
      '+200.0 %',
      '+300.0 %',
      '+50.0 %',
      '+300.0 %',
    ])
  })

  const measurement: Measurement = {
    events: 1,
    cpuMicros: 1,
    eventsPerSecond: 1,
    latencyMs: { p50: 1, p99: 1 },
    serverLoad: 1,
    generatorLoad: 1,
    othersLoad: 0,
  }
})

function bench(...args: string[]) {
  return promisify(execFile)(process.execPath, ['--import', 'tsx', 'bench/run.ts', ...args])
}

const SERVER_WITH_EMPTY_RESPONSES = `
  import { createServer } from 'node:http'
  const server = createServer((request, response) => request.resume().on('end', () => response.end('{}')))
  server.listen(0, '127.0.0.1', () => console.log('listening at http://127.0.0.1:' + server.address().port))
`

const cores = { server: [], generator: [], used: [], description: '' }
const noCpuTime = { ofProcess: () => 0, ofCores: () => 0 }
const result = { seconds: 1, acknowledged: [7, 7, 7, 7], failures: {}, latencyMs: { p50: 1, p99: 1 } }
const fakeGenerator = { pid: process.pid, send: async () => result, stop: () => {} }
