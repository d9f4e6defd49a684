import { expect, test } from 'vitest'
import { checkRepliesFile } from '../../src/replies/replies-file.ts'

const check = (content: string | Buffer) => checkRepliesFile({ bytes: Buffer.from(content as string) }, 'replies.json')

/** The lines of the error message, without the title. */
function errorsOf(content: string | Buffer): string[] {
  try {
    check(content)
  } catch (error) {
    const [title, ...lines] = (error as Error).message.split('\n')
    expect(title).toBe('Cannot load the reply rules:')
    return lines.map((line) => line.trim())
  }
  return []
}

const rules = (...list: string[]) => `{"rules": {"on_message_received": [\n${list.join(',\n')}\n]}}`
const responseRules = (...list: string[]) => `{"rules": {"before_response_sent": [\n${list.join(',\n')}\n]}}`
const RULE = 'rules.on_message_received[0]'

test.for<[title: string, content: string, ...errors: string[]]>([
  ['an empty file', '', 'line 1, column 1: the file is empty'],
  ['only white space', ' \n', 'line 1, column 1: the file is empty'],
  ['a single bracket', '}', 'line 1, column 1: expected a value here'],
  ['a single word', 'abc', 'line 1, column 1: not valid JSON'],
  ['an array', '[]', 'line 1, column 1: must be an object such as {"rules": { ... }}'],
  ['no rules', '{\n}', 'line 1, column 1, rules: is missing; it must be an object with an array of rules'],
  ['an array as rules', '{\n "rules": []}', 'line 2, column 11, rules: must be an object with an array of rules'],
  [
    'an object instead of an array',
    '{"rules": {"on_ticket_created": {}}}',
    'line 1, column 33, rules.on_ticket_created: must be an array of rules',
  ],
  [
    'a misspelt event',
    '{"rules": {\n  "on_message_recieved": []}}',
    'line 2, column 3, rules.on_message_recieved: is not a known key; did you mean "on_message_received"?',
  ],
  [
    'an event outside rules',
    '{"rules": {}, "on_ticket_created": []}',
    'line 1, column 15, on_ticket_created: belongs inside "rules"',
  ],
  [
    'a misspelt setting',
    '{"rules": {}, "standalon": true}',
    'line 1, column 15, standalon: is not a known key; did you mean "standalone"?',
  ],
  [
    'a setting of the wrong type',
    '{"standalone": "yes", "rules": {}}',
    'line 1, column 16, standalone: must be true or false',
  ],
  ['a rule that is not an object', rules('7'), `line 2, column 1, ${RULE}: must be a rule`],
  [
    'a misspelt key',
    rules('{"repply": "x"}'),
    `line 2, column 2, ${RULE}.repply: is not a known key; did you mean "reply"?`,
  ],
  [
    'a condition outside when',
    rules('{"intent": "x", "reply": "y"}'),
    `line 2, column 2, ${RULE}.intent: is not a known key; valid keys are "name", "when", "reply", "set", "skip"; conditions belong inside "when"`,
  ],
  ['no effect', rules('{}'), `line 2, column 1, ${RULE}: has no effect; add "reply", "set" or "skip"`],
  [
    'two effects',
    rules('{"reply": "a", "skip": true}'),
    `line 2, column 1, ${RULE}: has "reply" and "skip"; keep only one`,
  ],
  ['skip that is false', rules('{"skip": false}'), `line 2, column 10, ${RULE}.skip: must be true`],
  [
    'set for another event',
    rules('{"set": {"a": 1}}'),
    `line 2, column 9, ${RULE}.set: is only allowed for before_response_sent; use "reply" here`,
  ],
  ['a reply that is not a string', rules('{"reply": 1}'), `line 2, column 11, ${RULE}.reply: must be a string`],
  ['an empty name', rules('{"name": "", "reply": "a"}'), `line 2, column 10, ${RULE}.name: is empty`],
  [
    'an array as when',
    rules('{"when": [], "reply": "a"}'),
    `line 2, column 10, ${RULE}.when: must be an object such as {"intent": "billing.*"}`,
  ],
  [
    'null as a value',
    rules('{"when": {"intent": null}, "reply": "a"}'),
    `line 2, column 21, ${RULE}.when.intent: must be a string, a number, true or false, or an array of them`,
  ],
  [
    'an object in an array of values',
    rules('{"when": {"intent": ["a", {}]}, "reply": "a"}'),
    `line 2, column 27, ${RULE}.when.intent[1]: must be a string, a number, true or false`,
  ],
  [
    'an empty array of values',
    rules('{"when": {"intent": []}, "reply": "a"}'),
    `line 2, column 21, ${RULE}.when.intent: is an empty array`,
  ],
  [
    'a number that would be rounded',
    rules('{"when": {"bot_id": 12345678901234567890}, "reply": "a"}'),
    `line 2, column 21, ${RULE}.when.bot_id: is too large to be stored exactly as a number; put it in quotes`,
  ],
  [
    'an empty word',
    rules('{"when": {"message": ["a", " "]}, "reply": "a"}'),
    `line 2, column 22, ${RULE}.when.message: is empty; add a word, or "*" for any message`,
  ],
  [
    'an invalid path',
    rules('{"when": {"response..type": 1}, "reply": "a"}'),
    `line 2, column 11, ${RULE}.when["response..type"]: is not a valid field path`,
  ],
  [
    'an invalid template',
    rules('{"reply": "Hi {{name"}'),
    `line 2, column 11, ${RULE}.reply: has a {{ without a matching }}`,
  ],
  [
    'an invalid template inside set',
    responseRules('{"set": {"buttons": [{"title":\n"{{a..b}}"}]}}'),
    'line 3, column 1, rules.before_response_sent[0].set.buttons[0].title: has {{a..b}}, which is not a valid field path',
  ],
  ['nothing to set', responseRules('{"set": {}}'), 'line 2, column 9, rules.before_response_sent[0].set: is empty'],
  [
    'several errors',
    rules('{"reply": "{{"}', '{"skip": 1}'),
    `line 2, column 11, ${RULE}.reply: has`,
    'line 3, column 10, rules.on_message_received[1].skip: must be true',
  ],

  [
    'a duplicate key',
    '{"rules": {\n"on_ticket_created": [],\n"on_ticket_created": []}}',
    'line 3, column 1, rules.on_ticket_created: is a duplicate key',
  ],
  [
    'a duplicate key with an escape',
    rules('{"reply": "a", "\\u0072eply": "b"}'),
    `line 2, column 16, ${RULE}.reply: is a duplicate key`,
  ],
  [
    '__proto__',
    responseRules('{"set": {"__proto__": 1}}'),
    'line 2, column 10, rules.before_response_sent[0].set.__proto__: is a reserved name',
  ],
  [
    'a trailing comma',
    '{"rules": {},\n}',
    'line 2, column 1: expected a key in "double quotes" here, or remove the comma',
  ],
  [
    'a trailing comma in an array',
    '{"rules": {"on_ticket_created": [1,]}}',
    'line 1, column 36: expected a value here, or remove the comma',
  ],
  ['a missing comma', '{"standalone": true\n "rules": {}}', 'line 2, column 2: missing comma before this'],
  ['a missing colon', '{"rules" {}}', 'line 1, column 10: missing colon before this'],
  ['a missing bracket', '{"rules": {}\n', 'line 2, column 1: missing } (end of file)'],
  ['an extra bracket', '{"rules": {}}}', 'line 1, column 14: expected the end of the file here'],
  ['single quotes', "{'rules': {}}", 'line 1, column 2: not valid JSON; put strings in "double quotes"'],
  ['typographic quotes', '{“rules”: {}}', 'line 1, column 2: not valid JSON; put strings in "double quotes"'],
  ['a comment', '{} // hello', 'line 1, column 4: comments are not allowed in JSON'],
  [
    'a line break in a string',
    '{"rules": "a\nb"}',
    'line 1, column 11: string without a closing quote on the same line',
  ],
  ['a tab in a string', '{"rules": "a\tb"}', 'line 1, column 11: strings must not contain tabs'],
  ['an invalid escape', '{"rules": "\\d"}', 'line 1, column 11: invalid escape sequence; write a backslash as'],
  ['Windows line endings', '{\r\n"rules": 1\r\n}', 'line 2, column 10, rules: must be an object'],
  ['deep nesting', `{"rules": ${'['.repeat(200)}${']'.repeat(200)}}`, 'line 1, column 111: brackets are nested'],
  ['extremely deep nesting', '['.repeat(1_000_000), 'line 1, column 1: brackets are nested too deeply'],
])('%s', ([, content, ...expected]) => {
  const errors = errorsOf(content)
  expect(errors).toHaveLength(expected.length)
  for (const [index, text] of expected.entries()) {
    expect(errors[index]?.slice(0, text.length + 'replies.json, '.length)).toBe(`replies.json, ${text}`)
  }
})

test('a byte order mark is ignored, also in columns', () => {
  expect(check('\ufeff{"rules": {}}').rules).toStrictEqual({})
  expect(errorsOf('\ufeff{"rules": 1}')).toStrictEqual([expect.stringContaining('line 1, column 11, rules:')])
})

test('other encodings are rejected', () => {
  for (const text of ['{"rules": {}}', '\ufeff{"rules": {}}']) {
    expect(errorsOf(Buffer.from(text, 'utf16le'))).toStrictEqual([
      'replies.json is not encoded in UTF-8. Save it as UTF-8 in your editor.',
    ])
  }
  expect(errorsOf(Buffer.from('{"rules": "ü"}', 'latin1'))).toStrictEqual([expect.stringContaining('UTF-8')])
})

test('an unreadable file is reported with the reason', () => {
  expect(() => checkRepliesFile({ unreadable: 'There is no file /x.' }, 'x')).toThrow(/There is no file \/x\./)
})

test('a valid file', () => {
  const file = check('{"standalone": true, "rules": {"on_message_received": [{"reply": "Hi"}]}}')
  expect(file).toStrictEqual({ standalone: true, rules: { on_message_received: [{ reply: 'Hi' }] }, warnings: [] })
})

test('only the first twenty errors are reported, and the number of others', () => {
  const unknownKeys = Array.from({ length: 50_000 }, (_, index) => `\n"key${index}": 1`)
  for (const content of [rules(...Array(50_000).fill('{"reply": 1}')), `{"rules": {${unknownKeys}}}`]) {
    const errors = errorsOf(content)
    expect(errors).toHaveLength(21)
    expect(errors[0]).toMatch(/^replies.json, line 2, column \d+, rules\./)
    expect(errors[19]).toMatch(/^replies.json, line 21, column \d+, rules\./)
    expect(errors[20]).toBe('replies.json: and 49980 more')
  }
})

const TOO_MANY = 'replies.json, line 1, column 1: the file has too many errors to list; is it the right file?'

test.for([
  ['oversized numbers in one "set"', '{"rules":{"before_response_sent":[{"set":{"a":[', '1e30', ']}}]}}', TOO_MANY],
  ['invalid rules', '{"rules":{"on_message_received":[', '1', ']}}', 'replies.json: and 165980 more'],
  ['unknown keys', '{"rules":{"on_message_received":[', '{"a":1}', ']}}', 'replies.json: and 165980 more'],
])('any number of %s is reported without overflowing the stack', ([, head = '', item = '', tail, last]) => {
  const fileWith = (count: number) => `${head}${Array(count).fill(item).join(',')}${tail}`
  expect(errorsOf(fileWith(24_000)).at(-1)).toBe('replies.json: and 23980 more')
  expect(errorsOf(fileWith(166_000)).at(-1)).toBe(last)
})

test('only the first twenty warnings are reported, and the number of others', () => {
  const { warnings } = check(rules(...Array(8000).fill('{"reply": "{{mesage}}"}')))
  expect(warnings).toHaveLength(21)
  expect(warnings[19]).toContain('replies.json, line 21, column 11, rules.on_message_received[19].reply: ')
  expect(warnings[20]).toBe('replies.json: and 7980 more')
  expect(check(rules(...Array(20).fill('{"reply": "{{mesage}}"}'))).warnings).toHaveLength(20)
})

test.for<[title: string, content: string, ...warnings: string[]]>([
  [
    'a misspelt field',
    rules('{"when": {"intnt": "x"}, "reply": "a"}'),
    `line 2, column 11, ${RULE}.when.intnt: "intnt" is not a documented field of on_message_received; did you mean "intent"?`,
  ],
  [
    'an undocumented field',
    rules('{"when": {"channel.id": "x"}, "reply": "a"}'),
    `line 2, column 11, ${RULE}.when["channel.id"]: "channel" is not a documented field of on_message_received; the documented fields are event_type, bot_id,`,
  ],
  [
    'a key of a string',
    rules('{"when": {"message.text": "x"}, "reply": "a"}'),
    `line 2, column 11, ${RULE}.when["message.text"]: "message" is not an object, so there is no "message.text"`,
  ],
  [
    'a * that is not at the end',
    rules('{"when": {"intent": "*.refund"}, "reply": "a"}'),
    `line 2, column 21, ${RULE}.when.intent: * is a wildcard only at the end`,
  ],
  [
    'a field in a reply',
    rules('{"reply": "{{ticket_number}} {{message}} {{mesage}}"}'),
    `line 2, column 11, ${RULE}.reply: {{ticket_number}}: "ticket_number" is not a documented field of`,
    `line 2, column 11, ${RULE}.reply: {{mesage}}: "mesage" is not a documented field of on_message_received; did you mean "message"?`,
  ],
  [
    'a field in set',
    responseRules('{"set": {"a": ["{{response}}"]}}'),
    'line 2, column 16, rules.before_response_sent[0].set.a[0]: {{response}}: "response" is an object, not a string',
  ],
  [
    'documented fields',
    responseRules(
      '{"when": {"response.type": "x", "response.buttons.0.title": "y", "intent": "*", "bot_id": 1}, "reply": "{{visitor_id}}"}',
    ),
  ],
])('warnings for %s', ([, content, ...expected]) => {
  const { warnings } = check(content)
  expect(warnings).toHaveLength(expected.length)
  for (const [index, text] of expected.entries()) expect(warnings[index]).toContain(`replies.json, ${text}`)
})
