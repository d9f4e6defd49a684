import { expect, test } from 'vitest'
import { checkRepliesFile } from '../../src/replies/replies-file.ts'

const check = (content: string | Buffer) => checkRepliesFile({ bytes: Buffer.from(content as string) }, 'replies.json')

/** The lines of the refusal, without the title. */
function mistakesOf(content: string | Buffer): string[] {
  try {
    check(content)
  } catch (error) {
    const [title, ...lines] = (error as Error).message.split('\n')
    expect(title).toBe('The reply rules cannot be used:')
    return lines.map((line) => line.trim())
  }
  return []
}

const rules = (...list: string[]) => `{"rules": {"on_message_received": [\n${list.join(',\n')}\n]}}`
const responseRules = (...list: string[]) => `{"rules": {"before_response_sent": [\n${list.join(',\n')}\n]}}`
const RULE = 'rules.on_message_received[0]'

test.for<[title: string, content: string, ...mistakes: string[]]>([
  ['an empty file', '', 'line 1, column 1: the file is empty'],
  ['blanks alone', ' \n', 'line 1, column 1: the file is empty'],
  ['a bracket alone', '}', 'line 1, column 1: a value must stand here'],
  ['a word alone', 'abc', 'line 1, column 1: this is no JSON'],
  ['a list', '[]', 'line 1, column 1: must be an object: {"rules": { ... }}'],
  ['no rules', '{\n}', 'line 1, column 1, rules: is missing; it must be an object with a list of rules'],
  ['a list as rules', '{\n "rules": []}', 'line 2, column 11, rules: must be an object with a list of rules'],
  [
    'an object for a list',
    '{"rules": {"on_ticket_created": {}}}',
    'line 1, column 33, rules.on_ticket_created: must be a list of rules',
  ],
  [
    'a misspelt event',
    '{"rules": {\n  "on_message_recieved": []}}',
    'line 2, column 3, rules.on_message_recieved: is not known here; did you mean "on_message_received"?',
  ],
  [
    'an event outside of rules',
    '{"rules": {}, "on_ticket_created": []}',
    'line 1, column 15, on_ticket_created: belongs inside "rules"',
  ],
  [
    'a misspelt setting',
    '{"rules": {}, "standalon": true}',
    'line 1, column 15, standalon: is not known here; did you mean "standalone"?',
  ],
  [
    'a setting of a wrong kind',
    '{"standalone": "yes", "rules": {}}',
    'line 1, column 16, standalone: must be true or false',
  ],
  ['no rule', rules('7'), `line 2, column 1, ${RULE}: must be a rule`],
  [
    'a misspelt key',
    rules('{"repply": "x"}'),
    `line 2, column 2, ${RULE}.repply: is not known here; did you mean "reply"?`,
  ],
  [
    'a condition outside of when',
    rules('{"intent": "x", "reply": "y"}'),
    `line 2, column 2, ${RULE}.intent: is not known here; known here: "name", "when", "reply", "set", "skip"; a condition belongs inside "when"`,
  ],
  ['no effect', rules('{}'), `line 2, column 1, ${RULE}: has no effect; add "reply", "set" or "skip"`],
  ['two effects', rules('{"reply": "a", "skip": true}'), `line 2, column 1, ${RULE}: has "reply" and "skip"; keep one`],
  ['skip that is false', rules('{"skip": false}'), `line 2, column 10, ${RULE}.skip: must be true`],
  [
    'set for another event',
    rules('{"set": {"a": 1}}'),
    `line 2, column 9, ${RULE}.set: is for before_response_sent; use "reply" here`,
  ],
  ['a reply that is no text', rules('{"reply": 1}'), `line 2, column 11, ${RULE}.reply: must be a text in quotes`],
  ['an empty name', rules('{"name": "", "reply": "a"}'), `line 2, column 10, ${RULE}.name: is empty`],
  [
    'a list as when',
    rules('{"when": [], "reply": "a"}'),
    `line 2, column 10, ${RULE}.when: must be an object such as {"intent": "billing.*"}`,
  ],
  [
    'null as a value',
    rules('{"when": {"intent": null}, "reply": "a"}'),
    `line 2, column 21, ${RULE}.when.intent: must be a text, a number, true or false, or a list of them`,
  ],
  [
    'an object in a list of values',
    rules('{"when": {"intent": ["a", {}]}, "reply": "a"}'),
    `line 2, column 27, ${RULE}.when.intent[1]: must be a text, a number, true or false`,
  ],
  [
    'an empty list of values',
    rules('{"when": {"intent": []}, "reply": "a"}'),
    `line 2, column 21, ${RULE}.when.intent: is an empty list`,
  ],
  [
    'a number that would be rounded',
    rules('{"when": {"bot_id": 12345678901234567890}, "reply": "a"}'),
    `line 2, column 21, ${RULE}.when.bot_id: is too large for a number in JSON; write it in quotes`,
  ],
  [
    'an empty word',
    rules('{"when": {"message": ["a", " "]}, "reply": "a"}'),
    `line 2, column 22, ${RULE}.when.message: is empty; write a word, or "*" for any message`,
  ],
  [
    'a path that is none',
    rules('{"when": {"response..type": 1}, "reply": "a"}'),
    `line 2, column 11, ${RULE}.when["response..type"]: names no field`,
  ],
  ['a bad template', rules('{"reply": "Hi {{name"}'), `line 2, column 11, ${RULE}.reply: has a {{ without its }}`],
  [
    'a bad template inside set',
    responseRules('{"set": {"buttons": [{"title":\n"{{a..b}}"}]}}'),
    'line 3, column 1, rules.before_response_sent[0].set.buttons[0].title: has {{a..b}}, which names no field',
  ],
  ['nothing to set', responseRules('{"set": {}}'), 'line 2, column 9, rules.before_response_sent[0].set: is empty'],
  [
    'several mistakes',
    rules('{"reply": "{{"}', '{"skip": 1}'),
    `line 2, column 11, ${RULE}.reply: has`,
    'line 3, column 10, rules.on_message_received[1].skip: must be true',
  ],

  [
    'a list that stands twice',
    '{"rules": {\n"on_ticket_created": [],\n"on_ticket_created": []}}',
    'line 3, column 1, rules.on_ticket_created: stands here a second time',
  ],
  [
    'a key that stands twice, with an escape',
    rules('{"reply": "a", "\\u0072eply": "b"}'),
    `line 2, column 16, ${RULE}.reply: stands here a second time`,
  ],
  [
    '__proto__',
    responseRules('{"set": {"__proto__": 1}}'),
    'line 2, column 10, rules.before_response_sent[0].set.__proto__: this name is reserved',
  ],
  ['a comma too many', '{"rules": {},\n}', 'line 2, column 1: a key in "double quotes" must stand here, or the comma'],
  [
    'a comma too many in a list',
    '{"rules": {"on_ticket_created": [1,]}}',
    'line 1, column 36: a value must stand here, or the comma',
  ],
  ['a comma missing', '{"standalone": true\n "rules": {}}', 'line 2, column 2: a comma is missing before this'],
  ['a colon missing', '{"rules" {}}', 'line 1, column 10: a colon is missing before this'],
  ['a bracket missing', '{"rules": {}\n', 'line 2, column 1: a } is missing (the file ends here)'],
  ['a bracket too many', '{"rules": {}}}', 'line 1, column 14: the file must end before this'],
  ['single quotes', "{'rules': {}}", 'line 1, column 2: this is no JSON; a text needs "double quotes"'],
  ['typographic quotes', '{“rules”: {}}', 'line 1, column 2: this is no JSON; a text needs "double quotes"'],
  ['a comment', '{} // hello', 'line 1, column 4: JSON has no comments'],
  ['a line break in a text', '{"rules": "a\nb"}', 'line 1, column 11: this text has no closing quote on its line'],
  ['a tab in a text', '{"rules": "a\tb"}', 'line 1, column 11: a text must not hold a tab'],
  ['a wrong escape', '{"rules": "\\d"}', 'line 1, column 11: this \\ begins nothing that JSON knows'],
  ['Windows line ends', '{\r\n"rules": 1\r\n}', 'line 2, column 10, rules: must be an object'],
  ['too many brackets', `{"rules": ${'['.repeat(200)}${']'.repeat(200)}}`, 'line 1, column 111: too many brackets'],
  ['far too many brackets', '['.repeat(1_000_000), 'line 1, column 1: too many brackets'],
])('%s', ([, content, ...expected]) => {
  const mistakes = mistakesOf(content)
  expect(mistakes).toHaveLength(expected.length)
  for (const [index, text] of expected.entries()) {
    expect(mistakes[index]?.slice(0, text.length + 'replies.json, '.length)).toBe(`replies.json, ${text}`)
  }
})

test('a byte order mark does no harm, and does not move the places', () => {
  expect(check('\ufeff{"rules": {}}').rules).toStrictEqual({})
  expect(mistakesOf('\ufeff{"rules": 1}')).toStrictEqual([expect.stringContaining('line 1, column 11, rules:')])
})

test('another encoding is told', () => {
  for (const text of ['{"rules": {}}', '\ufeff{"rules": {}}']) {
    expect(mistakesOf(Buffer.from(text, 'utf16le'))).toStrictEqual([
      'replies.json is not encoded in UTF-8. Save it as UTF-8 in your editor.',
    ])
  }
  expect(mistakesOf(Buffer.from('{"rules": "ü"}', 'latin1'))).toStrictEqual([expect.stringContaining('UTF-8')])
})

test('a file that cannot be read says why', () => {
  expect(() => checkRepliesFile({ unreadable: 'There is no file /x.' }, 'x')).toThrow(/There is no file \/x\./)
})

test('a good file', () => {
  const file = check('{"standalone": true, "rules": {"on_message_received": [{"reply": "Hi"}]}}')
  expect(file).toStrictEqual({ standalone: true, rules: { on_message_received: [{ reply: 'Hi' }] }, warnings: [] })
})

test('of many mistakes the first twenty are told, and how many more there are', () => {
  const unknownKeys = Array.from({ length: 50_000 }, (_, index) => `\n"key${index}": 1`)
  for (const content of [rules(...Array(50_000).fill('{"reply": 1}')), `{"rules": {${unknownKeys}}}`]) {
    const mistakes = mistakesOf(content)
    expect(mistakes).toHaveLength(21)
    expect(mistakes[0]).toMatch(/^replies.json, line 2, column \d+, rules\./)
    expect(mistakes[19]).toMatch(/^replies.json, line 21, column \d+, rules\./)
    expect(mistakes[20]).toBe('replies.json: and 49980 more')
  }
})

const TOO_MANY = 'replies.json, line 1, column 1: the file has too many errors to list them; is it the right file?'

test.for([
  ['oversized numbers in one "set"', '{"rules":{"before_response_sent":[{"set":{"a":[', '1e30', ']}}]}}', TOO_MANY],
  ['rules that are none', '{"rules":{"on_message_received":[', '1', ']}}', 'replies.json: and 165980 more'],
  ['unknown keys', '{"rules":{"on_message_received":[', '{"a":1}', ']}}', 'replies.json: and 165980 more'],
])('a file with any number of %s is reported, and none exhausts the stack', ([, head = '', item = '', tail, last]) => {
  const fileWith = (count: number) => `${head}${Array(count).fill(item).join(',')}${tail}`
  expect(mistakesOf(fileWith(24_000)).at(-1)).toBe('replies.json: and 23980 more')
  expect(mistakesOf(fileWith(166_000)).at(-1)).toBe(last)
})

test('of many warnings too', () => {
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
    `line 2, column 11, ${RULE}.when.intnt: the documentation knows no "intnt" in on_message_received; did you mean "intent"?`,
  ],
  [
    'an unknown field',
    rules('{"when": {"channel.id": "x"}, "reply": "a"}'),
    `line 2, column 11, ${RULE}.when["channel.id"]: the documentation knows no "channel" in on_message_received; it has event_type, bot_id,`,
  ],
  [
    'a key in a text',
    rules('{"when": {"message.text": "x"}, "reply": "a"}'),
    `line 2, column 11, ${RULE}.when["message.text"]: "message" is a text`,
  ],
  [
    'a * inside',
    rules('{"when": {"intent": "*.refund"}, "reply": "a"}'),
    `line 2, column 21, ${RULE}.when.intent: a * stands for "anything" only at the end`,
  ],
  [
    'a field in a reply',
    rules('{"reply": "{{ticket_number}} {{message}} {{mesage}}"}'),
    `line 2, column 11, ${RULE}.reply: {{ticket_number}}: the documentation knows no`,
    `line 2, column 11, ${RULE}.reply: {{mesage}}: the documentation knows no "mesage" in on_message_received; did you mean "message"?`,
  ],
  [
    'a field in what is set',
    responseRules('{"set": {"a": ["{{response}}"]}}'),
    'line 2, column 16, rules.before_response_sent[0].set.a[0]: {{response}}: "response" is an object, not a text',
  ],
  [
    'documented fields',
    responseRules(
      '{"when": {"response.type": "x", "response.buttons.0.title": "y", "intent": "*", "bot_id": 1}, "reply": "{{visitor_id}}"}',
    ),
  ],
])('warns of %s', ([, content, ...expected]) => {
  const { warnings } = check(content)
  expect(warnings).toHaveLength(expected.length)
  for (const [index, text] of expected.entries()) expect(warnings[index]).toContain(`replies.json, ${text}`)
})
