/** The schema of reply rules, shared by the built-in rules and the customer's file. */
import { z } from 'zod'
import { type EventType, eventTypes } from '../events/schemas.ts'
import { parsePath } from './fields.ts'
import { parseTemplate } from './template.ts'

const TOO_LARGE = 'is too large to be stored exactly as a number; put it in quotes'

/** JSON.parse may round such a number, so that it would differ from the one in the file. */
const isRounded = (value: number): boolean => Math.abs(value) > Number.MAX_SAFE_INTEGER

const value = z.union(
  [z.string(), z.number().refine((number) => !isRounded(number), TOO_LARGE), z.boolean()],
  'must be a string, a number, true or false',
)
const VALUES = 'must be a string, a number, true or false, or an array of them'

const when = z
  .record(
    z.string(),
    z.union([value, z.array(value).min(1, 'is an empty array; add a value, or remove the condition')], VALUES),
    'must be an object such as {"intent": "billing.*"}',
  )
  .superRefine((conditions, context) => {
    for (const path of Object.keys(conditions)) {
      if (!parsePath(path)) {
        const message = 'is not a valid field path; write it like "ticket_data.name"'
        context.addIssue({ code: 'custom', path: [path], message, params: { isAboutKey: true } })
      }
    }
    const words = [conditions.message ?? []].flat()
    if (words.some((word) => String(word).trim() === '')) {
      context.addIssue({ code: 'custom', path: ['message'], message: 'is empty; add a word, or "*" for any message' })
    }
  })

const reply = z.string('must be a string').superRefine((text, context) => {
  const { error } = parseTemplate(text)
  if (error) context.addIssue(error)
})

/** Values may be any JSON; the strings in them are templates. */
const keysToSet = z
  .record(z.string(), z.unknown(), 'must be an object with the keys to set, such as {"response": "Hello!"}')
  .superRefine((values, context) => {
    if (Object.keys(values).length === 0) context.addIssue('is empty; add the keys to set')
    for (const { path, value } of leavesOf(values)) {
      if (typeof value === 'number' && isRounded(value)) context.addIssue({ code: 'custom', path, message: TOO_LARGE })
      const error = typeof value === 'string' ? parseTemplate(value).error : undefined
      if (error) context.addIssue({ code: 'custom', path, message: error })
    }
  })

/** The schema of a rule. `set` changes the bot's response object, so only the event with such an object allows it. */
const ruleFor = (type: EventType) =>
  z
    .strictObject(
      {
        name: z.string('must be a string').min(1, 'is empty; add a name, or remove the key').optional(),
        when: when.optional(),
        reply: reply.optional(),
        set: keysToSet.optional(),
        skip: z.literal(true, 'must be true; remove the key if the rule should not skip').optional(),
      },
      'must be a rule, an object such as {"when": {"intent": "billing.*"}, "reply": "..."}',
    )
    .superRefine((rule, context) => {
      const effects = (['reply', 'set', 'skip'] as const).filter((effect) => rule[effect] !== undefined)
      if (effects.length === 0) context.addIssue('has no effect; add "reply", "set" or "skip"')
      if (effects.length > 1)
        context.addIssue(`has ${effects.map((effect) => `"${effect}"`).join(' and ')}; keep only one`)
      if (rule.set !== undefined && type !== 'before_response_sent') {
        context.addIssue({
          code: 'custom',
          path: ['set'],
          message: 'is only allowed for before_response_sent; use "reply" here',
        })
      }
    })

const rulesOfEvent = Object.fromEntries(
  eventTypes.map((type) => [type, z.array(ruleFor(type), 'must be an array of rules: [ ... ]').optional()]),
) as { [T in EventType]: z.ZodOptional<z.ZodArray<ReturnType<typeof ruleFor>>> }

export const ruleSet = z.strictObject(
  rulesOfEvent,
  'must be an object with an array of rules for each event type, such as {"on_message_received": [ ... ]}',
)

/** The schema of the customer's file. */
export const repliesFile = z.strictObject(
  {
    /** If true, the built-in rules do not apply. */
    standalone: z.boolean('must be true or false').optional(),
    rules: ruleSet,
  },
  'must be an object such as {"rules": { ... }}',
)

export type RuleSet = z.infer<typeof ruleSet>
export type Rule = z.infer<ReturnType<typeof ruleFor>>

/** The keys that a rule can have. */
export const ruleKeys: readonly string[] = ruleFor('before_response_sent').keyof().options

/** @returns the strings, numbers, booleans and nulls in a JSON value, each with its path */
export function leavesOf(
  value: unknown,
  path: readonly (string | number)[] = [],
): { path: (string | number)[]; value: unknown }[] {
  if (typeof value !== 'object' || value === null) return [{ path: [...path], value }]
  const isArray = Array.isArray(value)
  return Object.entries(value).flatMap(([key, item]) => leavesOf(item, [...path, isArray ? Number(key) : key]))
}
