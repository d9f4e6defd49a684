import { parseArgs } from 'node:util'
import { BenchError } from './cpu-time.ts'
import { type Mode, modes } from './variants.ts'

export interface Options {
  readonly connections: readonly number[]
  readonly rounds: number
  readonly seconds: number
  readonly events: number | undefined
  readonly only: readonly Mode[]
  readonly builds: readonly string[]
  readonly json: boolean
}

/** @throws BenchError if an option is wrong */
export function readOptions(args: string[]): Options {
  const { values } = parse(args)
  return {
    connections: values.connections.split(',').map((text) => count('connections', text)),
    rounds: count('rounds', values.rounds),
    seconds: positive('seconds', values.seconds),
    events: values.events === undefined ? undefined : count('events', values.events),
    only: values.only === undefined ? modes : values.only.split(',').map(mode),
    builds: values.dist,
    json: values.json,
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        connections: { type: 'string', default: '1,8,64,256' },
        rounds: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '3' },
        events: { type: 'string' },
        only: { type: 'string' },
        dist: { type: 'string', multiple: true, default: ['dist'] },
        json: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new BenchError((error as Error).message)
  }
}

function mode(text: string): Mode {
  const found = modes.find((name) => name === text)
  if (!found) throw new BenchError(`--only: expected some of ${modes.join(',')}, not ${text}`)
  return found
}

function count(name: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new BenchError(`--${name}: expected a positive integer, not ${text}`)
  return Number(text)
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0 && Number.isFinite(value))) throw new BenchError(`--${name}: expected a positive number, not ${text}`)
  return value
}
