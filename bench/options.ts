import { parseArgs } from 'node:util'
import { BenchError } from './bench-error.ts'
import type { CompareOptions } from './compare.ts'
import type { GrowOptions } from './grow.ts'
import type { SoakOptions } from './soak.ts'
import { type Mode, modes } from './variants.ts'

/** What to measure. */
export type Task =
  | ({ readonly task: 'compare' } & CompareOptions)
  | ({ readonly task: 'grow' } & GrowOptions)
  | ({ readonly task: 'soak' } & SoakOptions)

export interface Options {
  readonly task: Task
  readonly only: readonly Mode[]
  readonly builds: readonly string[]
  readonly json: boolean
}

/** @throws BenchError if an option is invalid */
export function readOptions(args: string[]): Options {
  const values = parse(args)
  const task = readTask(values)
  const defaultModes: readonly Mode[] = task.task === 'soak' ? ['fsync'] : ['bare', 'fsync', 'no-fsync']
  return {
    task,
    only: values.only === undefined ? defaultModes : values.only.split(',').map(mode),
    builds: values.dist,
    json: values.json,
  }
}

type Values = ReturnType<typeof parse>

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        grow: { type: 'boolean', default: false },
        soak: { type: 'boolean', default: false },
        connections: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string', default: '3' },
        events: { type: 'string' },
        'warm-up': { type: 'string', default: '15000' },
        minutes: { type: 'string', default: '10' },
        rate: { type: 'string', default: '1000' },
        only: { type: 'string' },
        dist: { type: 'string', multiple: true, default: ['dist'] },
        json: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new BenchError((error as Error).message)
  }
}

function readTask(values: Values): Task {
  if (values.grow && values.soak) throw new BenchError('--grow and --soak cannot be used together')
  if (values.grow) return { task: 'grow', ...readGrow(values) }
  if (values.soak) return { task: 'soak', ...readSoak(values) }
  return { task: 'compare', ...readCompare(values) }
}

function readCompare(values: Values): CompareOptions {
  const connections = (values.connections ?? '1,8,64,256').split(',').map((text) => count('connections', text))
  return {
    connections,
    rounds: count('rounds', values.rounds ?? '5'),
    seconds: positive('seconds', values.seconds),
    events: values.events === undefined ? undefined : count('events', values.events, Math.max(...connections)),
    warmUpEvents: count('warm-up', values['warm-up']),
  }
}

function readGrow(values: Values): GrowOptions {
  const connections = count('connections', values.connections ?? '64')
  return {
    connections,
    rounds: count('rounds', values.rounds ?? '3'),
    windowEvents: count('events', values.events ?? '30000', connections),
  }
}

function readSoak(values: Values): SoakOptions {
  const connections = count('connections', values.connections ?? '64')
  return {
    connections,
    minutes: positive('minutes', values.minutes),
    rate: count('rate', values.rate, connections),
  }
}

function mode(text: string): Mode {
  const found = modes.find((name) => name === text)
  if (!found) throw new BenchError(`--only: expected one or more of ${modes.join(',')}, not ${text}`)
  return found
}

function count(name: string, text: string, atLeast = 1): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < atLeast) {
    throw new BenchError(`--${name}: expected an integer of at least ${atLeast}, not ${text}`)
  }
  return Number(text)
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0 && Number.isFinite(value))) throw new BenchError(`--${name}: expected a positive number, not ${text}`)
  return value
}
