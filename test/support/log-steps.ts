import fc from 'fast-check'
import type { Kind, LogFiles, RotationStyle } from './log-files.ts'

/** What can happen to log files while they are read. */
export type Step =
  | { readonly do: 'append'; readonly kind: Kind; readonly count: number }
  | { readonly do: 'write'; readonly kind: Kind; readonly text: string }
  | { readonly do: 'rotate'; readonly kind: Kind; readonly style: RotationStyle }
  | { readonly do: 'compress'; readonly kind: Kind; readonly which: number }
  | { readonly do: 'copy'; readonly kind: Kind; readonly which: number }

const kind = fc.constantFrom<Kind>('a', 'b')
const style = fc.constantFrom<RotationStyle>('dated', 'numbered')
const text = fc.constantFrom('\n', '   \n', 'foreign\n', '{"a":1}\n')
const count = fc.integer({ min: 1, max: 4 })

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const), kind, count }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('write' as const), kind, text }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rotate' as const), kind, style }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('compress' as const, 'copy' as const), kind, which: fc.nat(9) }),
  },
)

export function take(step: Step, logs: LogFiles): void {
  switch (step.do) {
    case 'append':
      for (let i = 0; i < step.count; i++) logs.append(step.kind)
      break
    case 'write':
      logs.write(step.kind, step.text)
      break
    case 'rotate':
      logs.rotate(step.kind, step.style)
      break
    default: {
      const names = logs.rotated(step.kind)
      const name = names[step.which % names.length]
      if (name && step.do === 'compress') logs.compress(name)
      if (name && step.do === 'copy') logs.keepBoth(name)
    }
  }
}
