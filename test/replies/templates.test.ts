import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseTemplate } from '../../src/replies/template.ts'
import { answer } from '../support/rules.ts'

const render = (reply: string, fields: object = {}) => answer('on_ticket_created', [{ reply }], fields).reply.response

test.for<[template: string, fields: object, expected: string]>([
  ['plain', {}, 'plain'],
  ['', {}, ''],
  ['{{ticket_number}}', { ticket_number: 7 }, '7'],
  ['No. {{ ticket_number }}!', { ticket_number: 'T-7' }, 'No. T-7!'],
  ['{{ticket_number}}{{ticket_number}}', { ticket_number: 'a' }, 'aa'],
  ['{{ticket_data.name}}', { ticket_data: { name: 'Ann' } }, 'Ann'],
  ['{{ticket_data.name}}', {}, ''],
  ['{{ticket_data.name | friend}}', {}, 'friend'],
  ['{{ticket_data.name|my friend}}', { ticket_data: { name: null } }, 'my friend'],
  ['{{ticket_data.name | friend}}', { ticket_data: { name: '' } }, 'friend'],
  ['{{ticket_data.name | friend}}', { ticket_data: { name: 0 } }, '0'],
  ['{{ticket_data.name | friend}}', { ticket_data: { name: false } }, 'false'],
  ['{{ticket_data | nobody}}', { ticket_data: { name: 'Ann' } }, 'nobody'],
  ['{{ticket_data.name | a | b}}', {}, 'a | b'],
  ['{{ticket_data.name | <b>you</b>}}', {}, '<b>you</b>'],
  ['<b>{{ticket_data.name}}</b>', { ticket_data: { name: `<i>"&'` } }, '<b>&lt;i&gt;&quot;&amp;&#039;</b>'],
  [
    '{{ticket_data.Größe}} {{ticket_data.order-no}} {{ticket_data.Order No}}',
    { ticket_data: { Größe: 1, 'order-no': 2, 'Order No': 3 } },
    '1 2 3',
  ],
  ['{{ticket_data.name}}', { ticket_data: { name: '{{ticket_number}}' } }, '{{ticket_number}}'],
  ['{{ticket_data.name}}', { ticket_data: { name: '$& $1' } }, '$&amp; $1'],
  ['{{constructor.name}}{{__proto__.x}}{{toString}}', {}, ''],
  ['{one} }} {', {}, '{one} }} {'],
])('%s with %j', ([template, fields, expected]) => {
  expect(render(template, fields)).toBe(expected)
})

test.for([
  '{{',
  'a {{ticket_number',
  '{{}}',
  '{{ }}',
  '{{{a}}}',
  '{{a..b}}',
  '{{.a}}',
  '{{a.}}',
  '{{a {{b}}',
  '{{a | {{b}}',
  '{{a | x {{b}} y}}',
  '{{$a}}',
  '{{a[0]}}',
])('%s is an error', (template) => {
  expect(parseTemplate(template).error).toMatch(/write (it|a field) like \{\{ticket_data\.name\}\}/)
})

test("the bot's own response is inserted unescaped, and everything else is escaped", () => {
  const fields = { response: { response: '<b>Hi</b>' }, message: '<i>' }
  const { reply } = answer('before_response_sent', [{ reply: '{{response.response}} {{message}}' }], fields)
  expect(reply.response).toStrictEqual({ response: '<b>Hi</b> &lt;i&gt;' })
})

test("a field named response is escaped in events other than the bot's response", () => {
  expect(render('{{response.response}}', { response: { response: '<b>' } })).toBe('&lt;b&gt;')
})

test('visitor input never becomes HTML', () => {
  const texts = fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', ';', 'amp', '{{', '}}', 'a', 'é') })
  fc.assert(
    fc.property(texts, texts, texts, (name, message, custom) => {
      const reply = '{{ticket_data.name}}|{{message}}|{{x.y}}'
      const text = String(render(reply, { ticket_data: { name }, message, x: { y: custom } }))
      expect(text).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|quot|#039);)/)
      const back = text.replace(/&(amp|lt|gt|quot|#039);/g, (_, name: string) => UNESCAPED[name] ?? '')
      expect(back).toBe(`${name}|${message}|${custom}`)
    }),
  )
})

const UNESCAPED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#039': "'" }

test('a template without braces is rendered unchanged', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      fc.pre(!text.includes('{'))
      expect(render(text)).toBe(text)
    }),
  )
})
