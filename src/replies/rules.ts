/** What a rule is. The built-in rules and a customer's file have this one form. */
import { z } from 'zod'
import { type EventType, eventTypes } from '../events/schemas.ts'
import { parsePath } from './fields.ts'
import { parseTemplate } from './template.ts'

const IN_QUOTES = 'is too large for a number in JSON; write it in quotes'

/** JSON.parse would round it, so it would never be what the file says. */
const isRounded = (value: number): boolean => Math.abs(value) > Number.MAX_SAFE_INTEGER

const value = z.union(
  [z.string(), z.number().refine((number) => !isRounded(number), IN_QUOTES), z.boolean()],
  'must be a text, a number, true or false',
)
const VALUES = 'must be a text, a number, true or false, or a list of them'

const when = z
  .record(
    z.string(),
    z.union(
      [value, z.array(value).min(1, 'is an empty list; write at least one value, or leave the condition out')],
      VALUES,
    ),
    'must be an object such as {"intent": "billing.*"}',
  )
  .superRefine((conditions, context) => {
    for (const path of Object.keys(conditions)) {
      if (!parsePath(path)) {
        const message = 'names no field; write it like "ticket_data.name"'
        context.addIssue({ code: 'custom', path: [path], message, params: { isAboutKey: true } })
      }
    }
    const words = [conditions.message ?? []].flat()
    if (words.some((word) => String(word).trim() === '')) {
      context.addIssue({ code: 'custom', path: ['message'], message: 'is empty; write a word, or "*" for any message' })
    }
  })

const reply = z.string('must be a text in quotes').superRefine((text, context) => {
  const { error } = parseTemplate(text)
  if (error) context.addIssue(error)
})

/** Any JSON value; the texts in it are templates. */
const keysToSet = z
  .record(z.string(), z.unknown(), 'must be an object with the keys to set, such as {"response": "Hello!"}')
  .superRefine((values, context) => {
    if (Object.keys(values).length === 0) context.addIssue('is empty; write the keys to set')
    for (const { path, value } of leavesOf(values)) {
      if (typeof value === 'number' && isRounded(value)) context.addIssue({ code: 'custom', path, message: IN_QUOTES })
      const error = typeof value === 'string' ? parseTemplate(value).error : undefined
      if (error) context.addIssue({ code: 'custom', path, message: error })
    }
  })

/** The form of a rule. `set` changes the bot's response object, so it is for the one event that has such an object. */
const ruleFor = (type: EventType) =>
  z
    .strictObject(
      {
        name: z.string('must be a text in quotes').min(1, 'is empty; write a name, or leave it out').optional(),
        when: when.optional(),
        reply: reply.optional(),
        set: keysToSet.optional(),
        skip: z.literal(true, 'must be true; without it the rule does not skip').optional(),
      },
      'must be a rule: an object such as {"when": {"intent": "billing.*"}, "reply": "..."}',
    )
    .superRefine((rule, context) => {
      const effects = (['reply', 'set', 'skip'] as const).filter((effect) => rule[effect] !== undefined)
      if (effects.length === 0) context.addIssue('has no effect; add "reply", "set" or "skip"')
      if (effects.length > 1) context.addIssue(`has ${effects.map((effect) => `"${effect}"`).join(' and ')}; keep one`)
      if (rule.set !== undefined && type !== 'before_response_sent') {
        context.addIssue({ code: 'custom', path: ['set'], message: 'is for before_response_sent; use "reply" here' })
      }
    })

const rulesOfEvent = Object.fromEntries(
  eventTypes.map((type) => [type, z.array(ruleFor(type), 'must be a list of rules: [ ... ]').optional()]),
) as { [T in EventType]: z.ZodOptional<z.ZodArray<ReturnType<typeof ruleFor>>> }

export const ruleSet = z.strictObject(
  rulesOfEvent,
  'must be an object with a list of rules for each event, such as {"on_message_received": [ ... ]}',
)

/** A customer's file. */
export const repliesFile = z.strictObject(
  {
    /** true: the built-in rules do not apply. */
    standalone: z.boolean('must be true or false').optional(),
    rules: ruleSet,
  },
  'must be an object: {"rules": { ... }}',
)

export type RuleSet = z.infer<typeof ruleSet>
export type Rule = z.infer<ReturnType<typeof ruleFor>>

/** The keys that a rule may have. */
export const ruleKeys: readonly string[] = ruleFor('before_response_sent').keyof().options

/** @returns the texts, numbers, booleans and nulls in a JSON value, and where each stands */
export function leavesOf(
  value: unknown,
  path: readonly (string | number)[] = [],
): { path: (string | number)[]; value: unknown }[] {
  if (typeof value !== 'object' || value === null) return [{ path: [...path], value }]
  const isList = Array.isArray(value)
  return Object.entries(value).flatMap(([key, item]) => leavesOf(item, [...path, isList ? Number(key) : key]))
}
