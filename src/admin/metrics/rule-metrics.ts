import { Counter, type Registry } from 'prom-client'
import type { Telemetry } from '../../telemetry.ts'

/**
 * Counts how often each reply rule applied.
 *
 * @param currentRules returns the names of the rules in effect. A rule has a series from the first scrape on, and none
 *   once it is gone
 */
export function addRuleMetrics(registry: Registry, telemetry: Telemetry, currentRules: () => readonly string[]): void {
  const matches = new Map<string, number>()
  new Counter({
    name: 'digireply_rule_matches_total',
    help: 'Events to which a reply rule applied, by rule.',
    labelNames: ['rule'],
    registers: [registry],
    collect() {
      const names = new Set(currentRules())
      for (const name of matches.keys()) if (!names.has(name)) matches.delete(name)
      this.reset()
      for (const name of names) this.inc({ rule: name }, matches.get(name) ?? 0)
    },
  })
  const count = ({ rules }: { readonly rules: readonly string[] }) => {
    for (const name of rules) matches.set(name, (matches.get(name) ?? 0) + 1)
  }
  telemetry.on('eventStored', count)
  telemetry.on('eventReplayed', count)
}
