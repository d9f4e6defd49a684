import { readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'

/** Makes room for another `base.1`, as logrotate does: `.1` becomes `.2` and so on, compressed or not. */
export function shiftNumbers(directory: string, base: string): void {
  const names = readdirSync(directory).filter((name) => name.startsWith(`${base}.`))
  const rotated = names.map((name) => ({ name, number: Number(/\.(\d+)(?:\.gz)?$/.exec(name)?.[1]) }))
  rotated.sort((left, right) => right.number - left.number)
  for (const { name, number } of rotated) {
    const next = `${base}.${number + 1}${name.endsWith('.gz') ? '.gz' : ''}`
    renameSync(join(directory, name), join(directory, next))
  }
}
