/** What a rule is. The built-in rules and a customer's file have this one form. */
import { z } from 'zod'
import { type EventType, eventTypes } from '../events/schemas.ts'
import { parseTemplate } from './template.ts'

const value = z.union([z.string(), z.number(), z.boolean()], 'must be a text, a number, true or false')

const when = z.record(
  z.string(),
  z.union([value, z.array(value).min(1)], 'must be a value, or a list of values of which one must match'),
  'must be an object such as {"intent": "billing.*"}',
)

const template = z.string('must be a text').superRefine((text, context) => {
  const { mistake } = parseTemplate(text)
  if (mistake) context.addIssue(mistake)
})

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** Any JSON value; the texts in it are templates. */
const jsonWithTemplates: z.ZodType<Json> = z.lazy(() =>
  z.union([
    template,
    z.number(),
    z.boolean(),
    z.null(),
    z.array(jsonWithTemplates),
    z.record(z.string(), jsonWithTemplates),
  ]),
)

const keysToSet = z.record(z.string(), jsonWithTemplates, 'must be an object with the keys to set')

const condition = { name: z.string('must be a text').optional(), when: when.optional() }
const ONE_EFFECT = 'a rule has exactly one effect: "reply", "set" or "skip"'

/** `set` changes keys of the bot's response object, so it is for the one event that has such an object. */
const ruleFor = (type: EventType) =>
  z
    .strictObject({
      ...condition,
      reply: template.optional(),
      set: keysToSet.optional(),
      skip: z.literal(true, 'must be true').optional(),
    })
    .refine(
      (rule) => [rule.reply, rule.set, rule.skip].filter((effect) => effect !== undefined).length === 1,
      ONE_EFFECT,
    )
    .refine((rule) => rule.set === undefined || type === 'before_response_sent', {
      path: ['set'],
      error: `is for before_response_sent; use "reply" here`,
    })

const rulesOfEvent = Object.fromEntries(eventTypes.map((type) => [type, z.array(ruleFor(type)).optional()])) as {
  [T in EventType]: z.ZodOptional<z.ZodArray<ReturnType<typeof ruleFor>>>
}

export const ruleSet = z.strictObject(rulesOfEvent)

/** A customer's file. */
export const repliesFile = z.strictObject({
  /** true: the built-in rules do not apply. */
  standalone: z.boolean('must be true or false').optional(),
  rules: ruleSet,
})

export type RuleSet = z.infer<typeof ruleSet>
export type Rule = z.infer<ReturnType<typeof ruleFor>>
