/** Hostile and malformed requests, with the expected responses and the number of lines added to the log files. */
import { gzipSync } from 'node:zlib'
import { handlers } from '../../../src/handlers/index.ts'
import { TOKEN } from '../../support/service.ts'

export interface HostileRequest {
  readonly name: string
  readonly bytes: Buffer
  /** The status of each response on the connection. */
  readonly statuses: readonly number[]
  /** Lines added to the log files of events, and to rejected_log.jsonl. */
  readonly events: number
  readonly rejected: number
}

interface Parts {
  method?: string
  target?: string
  version?: string
  /** Header lines, in addition to Content-Length and Connection. */
  headers?: readonly string[]
  body?: string | Buffer
  length?: string | null
}

const HOST = 'Host: localhost'
const AUTHORIZATION = `Authorization: Bearer ${TOKEN}`
export const GOOD_HEADERS = [HOST, AUTHORIZATION]
export const EVENT = '{"event_type":"on_message_received","message":"Hello!"}'

export function bytesOf(parts: Parts = {}): Buffer {
  const { method = 'POST', target = '/webhook', version = 'HTTP/1.1', headers = GOOD_HEADERS, body = EVENT } = parts
  const length = parts.length === undefined ? `Content-Length: ${Buffer.byteLength(body)}` : parts.length
  const lines = [
    `${method} ${target} ${version}`,
    ...headers,
    ...(length === null ? [] : [length]),
    'Connection: close',
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body)])
}

const notStored = (name: string, status: number, parts: Parts): HostileRequest => ({
  name,
  bytes: bytesOf(parts),
  statuses: [status],
  events: 0,
  rejected: 0,
})
const storedAsRejected = (name: string, body: string | Buffer): HostileRequest => ({
  ...notStored(name, 400, { body }),
  rejected: 1,
})
const stored = (name: string, parts: Parts): HostileRequest => ({ ...notStored(name, 200, parts), events: 1 })
const raw = (name: string, bytes: string | Buffer, statuses: number[], events = 0): HostileRequest => ({
  name,
  bytes: typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes,
  statuses,
  events,
  rejected: 0,
})

const authorization: HostileRequest[] = [
  ...Object.entries({
    'no Authorization': [],
    'an empty header': ['Authorization:'],
    'the scheme alone': ['Authorization: Bearer'],
    'the scheme and a space': ['Authorization: Bearer '],
    'the token alone': [`Authorization: ${TOKEN}`],
    'another scheme': [`Authorization: Basic ${btoa(`x:${TOKEN}`)}`],
    'an unknown scheme': [`Authorization: Token ${TOKEN}`],
    'no space after the scheme': [`Authorization: Bearer${TOKEN}`],
    'a tab after the scheme': [`Authorization: Bearer\t${TOKEN}`],
    'a colon after the scheme': [`Authorization: Bearer: ${TOKEN}`],
    'the scheme repeated': [`Authorization: Bearer Bearer ${TOKEN}`],
    'a wrong token': ['Authorization: Bearer wrong'],
    'a part of the token': [`Authorization: Bearer ${TOKEN.slice(0, -1)}`],
    'the token with a suffix': [`Authorization: Bearer ${TOKEN}x`],
    'the token in upper case': [`Authorization: Bearer ${TOKEN.toUpperCase()}`],
    'the token in quotes': [`Authorization: Bearer "${TOKEN}"`],
    'a list of tokens': [`Authorization: Bearer ${TOKEN}, Bearer ${TOKEN}`],
    'two correct headers': [AUTHORIZATION, AUTHORIZATION],
    'a correct header and a wrong one': [AUTHORIZATION, 'Authorization: Bearer wrong'],
    'a wrong header and a correct one': ['Authorization: Bearer wrong', `authorization: Bearer ${TOKEN}`],
    'another header': [`X-Authorization: Bearer ${TOKEN}`],
    "a proxy's header": [`Proxy-Authorization: Bearer ${TOKEN}`],
    'a cookie': [`Cookie: Authorization=Bearer ${TOKEN}`],
    'a very long token': [`Authorization: Bearer ${'x'.repeat(7000)}`],
    'bytes outside ASCII': ['Authorization: Bearer \xff\xfe'],
  }).map(([name, headers]) => notStored(`authorization: ${name}`, 401, { headers: [HOST, ...headers] })),
  notStored('authorization: the token in the URL', 401, { headers: [HOST], target: `/webhook?token=${TOKEN}` }),
  notStored('authorization: invalid JSON does not matter', 401, { headers: [HOST], body: '{' }),
  stored('authorization: the scheme in mixed case', { headers: [HOST, `Authorization: bEARER ${TOKEN}`] }),
  stored('authorization: the header name in upper case', { headers: [HOST, `AUTHORIZATION: Bearer ${TOKEN}`] }),
  stored('authorization: spaces around the token', { headers: [HOST, `Authorization:   Bearer   ${TOKEN}  `] }),
]

const contentTypes: HostileRequest[] = [
  [],
  ['Content-Type: text/plain'],
  ['Content-Type: application/x-www-form-urlencoded'],
  ['Content-Type: multipart/form-data; boundary=x'],
  ['Content-Type: application/json; charset=utf-16'],
  ['Content-Type: nonsense'],
  ['Content-Type: ;;;'],
  ['Content-Type:'],
  ['Content-Type: text/plain', 'Content-Type: application/json'],
  ['Content-Encoding: gzip'],
].map((headers) =>
  stored(`content type: ${headers.join(' and ') || 'none'}`, { headers: [...GOOD_HEADERS, ...headers] }),
)

const utf16 = (littleEndian: boolean) => {
  const bytes = Buffer.from(`\ufeff${EVENT}`, 'utf16le')
  return littleEndian ? bytes : bytes.swap16()
}
const withBytes = (...bytes: number[]) =>
  Buffer.concat([Buffer.from('{"event_type":"on_message_received","message":"'), Buffer.from(bytes), Buffer.from('"}')])

const encodings: HostileRequest[] = [
  storedAsRejected('encoding: a byte order mark', `\ufeff${EVENT}`),
  storedAsRejected('encoding: UTF-16, little-endian', utf16(true)),
  storedAsRejected('encoding: UTF-16, big-endian', utf16(false)),
  storedAsRejected('encoding: UTF-16 without a mark', Buffer.from(EVENT, 'utf16le')),
  storedAsRejected('encoding: gzip', gzipSync(EVENT)),
  storedAsRejected('encoding: Latin-1', withBytes(0xe9)),
  storedAsRejected('encoding: a lone continuation byte', withBytes(0x80)),
  storedAsRejected('encoding: an overlong slash', withBytes(0xc0, 0xaf)),
  storedAsRejected('encoding: a surrogate as UTF-8', withBytes(0xed, 0xa0, 0x80)),
  storedAsRejected('encoding: a truncated sequence', withBytes(0xf0, 0x9f, 0x8e)),
  storedAsRejected('encoding: beyond Unicode', withBytes(0xf5, 0x80, 0x80, 0x80)),
  storedAsRejected('encoding: random bytes', Buffer.from([0, 1, 2, 253, 254, 255])),
]

const message = (fields: string) => `{"event_type":"on_message_received",${fields}}`
const json: HostileRequest[] = [
  ...Object.entries({
    'no body': '',
    'only white space': ' \n\t ',
    'half an object': '{"event_type":"on_mess',
    'a bare word': 'hello',
    'single quotes': "{'event_type':'on_message_received'}",
    'a trailing comma': message('"a":1,'),
    'a comment': `${EVENT} // comment`,
    'trailing data': `${EVENT}{}`,
    'a trailing NUL': `${EVENT}\0`,
    'two lines of JSON': `${EVENT}\n${EVENT}`,
    NaN: message('"a":NaN'),
    Infinity: message('"a":Infinity'),
    'a hexadecimal number': message('"a":0x10'),
    'a leading zero': message('"a":010'),
    'a raw line feed in a string': message('"a":"\n"'),
    'an unknown escape': message('"a":"\\x41"'),
    'half an escape': message('"a":"\\u12"'),
    'a number that is too large': message('"a":1e999'),
    'a number that is too small': message('"a":-1e999'),
    'a number that is too large, deeply nested': message('"a":{"b":[{"c":1e400}]}'),
    'the key __proto__': message('"__proto__":{"admin":true}'),
    'the key __proto__, escaped': message('"__pr\\u006fto__":{}'),
    'the key __proto__, deeply nested': message('"a":[{"__proto__":1}]'),
    'nested 513 deep': message(`"a":${'['.repeat(512)}${']'.repeat(512)}`),
    'nested 100,000 deep': '['.repeat(100_000) + ']'.repeat(100_000),
    '100,000 brackets': '['.repeat(100_000),
    'an empty object': '{}',
    'an empty array': '[]',
    null: 'null',
    zero: '0',
    'minus zero': '-0.0',
    false: 'false',
    'an empty string': '""',
    'the string 0': '"0"',
    'a number': '5',
    'a string': '"on_message_received"',
    'an array of an event': `[${EVENT}]`,
    'no event_type': '{"message":"x"}',
    'an event_type in mixed case': '{"event_type":"On_Message_Received"}',
    'an event_type with a space': '{"event_type":"on_message_received "}',
    'an event_type with a NUL': '{"event_type":"on_message_received\\u0000"}',
    'an array as event_type': '{"event_type":["on_message_received"]}',
    'an object as event_type': '{"event_type":{"on_message_received":1}}',
  }).map(([name, body]) => storedAsRejected(`json: ${name}`, body)),
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'isPrototypeOf', '__defineGetter__'].map(
    (name) => storedAsRejected(`json: event_type ${name}`, JSON.stringify({ event_type: name })),
  ),
  stored('json: nested 512 deep', { body: message(`"a":${'['.repeat(511)}${']'.repeat(511)}`) }),
  stored('json: the keys constructor and prototype', {
    body: message('"constructor":{"prototype":{"x":1}},"toString":1'),
  }),
  stored('json: a repeated key', { body: message('"message":"a","message":"b"') }),
  stored('json: a lone surrogate', { body: message('"message":"\\ud800"') }),
  stored('json: surrounding white space', { body: ` \r\n\t${EVENT}\r\n ` }),
  stored('json: the key toJSON', { body: message('"a":{"toJSON":"x"}') }),
  stored('json: many keys', { body: message(Array.from({ length: 5000 }, (_, i) => `"k${i}":${i}`).join(',')) }),
]

/** Every field of every documented payload, with values of every wrong type. */
const IDS = new Set(['bot_id', 'visitor_id', 'ticket_number'])
const wrongTypes: HostileRequest[] = Object.values(handlers).flatMap((handler) => {
  const [{ payload }] = handler.examples
  return Object.keys(payload).flatMap((field) => {
    const wrong = IDS.has(field)
      ? [true, 1.5, 2 ** 53, {}, [], [1]]
      : field === 'response' || field === 'ticket_data'
        ? ['text', 7, true, ['entry']]
        : [{}, [], ['x'], { a: 1 }]
    return wrong.map((value) =>
      storedAsRejected(
        `type: ${payload.event_type}.${field} = ${JSON.stringify(value)}`,
        JSON.stringify({ ...payload, [field]: value }),
      ),
    )
  })
})

/** Strings that terminals, browsers or editors interpret, in every text field of every event. */
const EVIL_TEXTS = {
  'a terminal escape': '\u001b]0;owned\u0007\u001b[2J',
  'a C1 control': '\u009b31m\u0085',
  'a bidi override': '\u202eevil\u2066\u200f',
  'line separators': 'a\u2028b\u2029c\r\nd',
  HTML: '<script>alert(1)</script>&amp;"\'',
  'invisible characters': '\u200b\ufeff\u00ad\u{e0041}',
  'a forged line': '\n{"event_id":"forged"}\n',
}
let unique = 0
const evilTexts: HostileRequest[] = Object.values(handlers).flatMap((handler) =>
  Object.entries(EVIL_TEXTS).map(([name, text]) => {
    const [{ payload }] = handler.examples
    const entries = Object.entries(payload).map(([key, value]) => {
      if (key === 'event_type') return [key, value]
      return [key, typeof value === 'object' ? { name: text, response: text, [text]: text } : text]
    })
    unique++
    return stored(`text: ${name} in ${payload.event_type}`, {
      body: JSON.stringify({ ...Object.fromEntries(entries), [text]: { [text]: unique } }),
    })
  }),
)

const good = bytesOf().toString('latin1')
const keepAlive = (text: string) => text.replace('Connection: close', 'Connection: keep-alive')
const chunked = (body: string, headers: string[] = []) =>
  `POST /webhook HTTP/1.1\r\n${[...GOOD_HEADERS, ...headers, 'Transfer-Encoding: chunked', 'Connection: close'].join('\r\n')}\r\n\r\n${body}`
const chunk = `${EVENT.length.toString(16)}\r\n${EVENT}\r\n`
const hidden = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'

const framing: HostileRequest[] = [
  raw('framing: chunked', chunked(`${chunk}0\r\n\r\n`), [200], 1),
  raw('framing: length and chunked', chunked(`${chunk}0\r\n\r\n`, [`Content-Length: ${EVENT.length}`]), [400]),
  raw(
    'framing: a smuggled request after length and chunked',
    chunked(`0\r\n\r\n${hidden}`, ['Content-Length: 4']),
    [400],
  ),
  raw('framing: an unknown coding', chunked(`${chunk}0\r\n\r\n`).replace('chunked', 'xchunked'), [400]),
  raw('framing: chunked twice', chunked(`${chunk}0\r\n\r\n`, ['Transfer-Encoding: chunked']), [400]),
  raw(
    'framing: chunked before another coding',
    chunked(`${chunk}0\r\n\r\n`).replace('chunked', 'chunked, identity'),
    [400],
  ),
  raw('framing: a size that is not a number', chunked(`zz\r\n${EVENT}\r\n0\r\n\r\n`), [400]),
  raw('framing: a negative size', chunked(`-5\r\n${EVENT}\r\n0\r\n\r\n`), [400]),
  raw('framing: a size that is too small', chunked(`5\r\n${EVENT}\r\n0\r\n\r\n`), [400]),
  notStored('framing: two lengths', 400, { headers: [...GOOD_HEADERS, 'Content-Length: 5'] }),
  notStored('framing: the same length twice', 400, { headers: [...GOOD_HEADERS, `Content-Length: ${EVENT.length}`] }),
  notStored('framing: a list of lengths', 400, { length: `Content-Length: ${EVENT.length}, ${EVENT.length}` }),
  notStored('framing: a negative length', 400, { length: 'Content-Length: -1' }),
  notStored('framing: a length with a sign', 400, { length: `Content-Length: +${EVENT.length}` }),
  notStored('framing: a length that is not a number', 400, { length: 'Content-Length: many' }),
  notStored('framing: a length beyond the range of numbers', 400, { length: `Content-Length: ${'9'.repeat(30)}` }),
  { ...notStored('framing: no length', 400, { length: null, body: '' }), rejected: 1 },
  notStored('framing: no Host', 400, { headers: [AUTHORIZATION] }),
  notStored('framing: two Hosts', 400, { headers: [...GOOD_HEADERS, 'Host: other'] }),
  stored('framing: an empty Host', { headers: ['Host:', AUTHORIZATION] }),
  stored('framing: HTTP/1.0 without Host', { version: 'HTTP/1.0', headers: [AUTHORIZATION] }),
  notStored('framing: HTTP/3.0', 400, { version: 'HTTP/3.0' }),
  notStored('framing: no version', 400, { version: '' }),
  raw('framing: an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400]),
  raw('framing: TLS', Buffer.from([22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]), [400]),
  raw('framing: not HTTP', 'hello\r\n\r\n', [400]),
  notStored('framing: a method in lower case', 400, { method: 'post' }),
  notStored('framing: an unknown method', 400, { method: 'BREW' }),
  notStored('framing: a header name with a space', 400, { headers: [...GOOD_HEADERS, 'X Header: 1'] }),
  notStored('framing: a space before the colon', 400, { headers: [HOST, `Authorization : Bearer ${TOKEN}`] }),
  notStored('framing: a NUL in a header', 400, { headers: [...GOOD_HEADERS, 'X: a\0b'] }),
  notStored('framing: a bare carriage return in a header', 400, { headers: [...GOOD_HEADERS, 'X: a\rb'] }),
  notStored('framing: a folded header', 400, { headers: [HOST, 'X: a', ` Authorization: Bearer ${TOKEN}`] }),
  notStored('framing: a header that is too large', 431, { headers: [...GOOD_HEADERS, `X: ${'x'.repeat(9000)}`] }),
  notStored('framing: too many headers', 431, { headers: [...GOOD_HEADERS, ...Array(5000).fill('X: 1')] }),
  notStored('framing: a URL that is too long', 431, { target: `/webhook?${'x'.repeat(9000)}` }),
  raw('framing: two pipelined requests', keepAlive(good) + good, [200, 200], 2),
  raw(
    'framing: a good request and then an unauthorized one',
    keepAlive(good) + bytesOf({ headers: [HOST] }),
    [200, 401],
    1,
  ),
  raw(
    'framing: an unauthorized request and then a good one',
    keepAlive(`${bytesOf({ headers: [HOST] })}`) + good,
    [401, 200],
    1,
  ),
  raw(
    'framing: a good request and then one with an invalid chunk',
    keepAlive(good) + chunked(`zz\r\n${EVENT}\r\n0\r\n\r\n`),
    [200, 400],
    1,
  ),
  raw('framing: CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n', [405]),
  raw('framing: a good request and then garbage', `${keepAlive(good)}garbage\r\n\r\n`, [200, 400], 1),
  { ...storedAsRejected('framing: a request inside a body', hidden), statuses: [400] },
  notStored('framing: Expect without the token', 401, { headers: [HOST, 'Expect: 100-continue'] }),
  stored('framing: Expect with the token', { headers: [...GOOD_HEADERS, 'Expect: 100-continue'] }),
  notStored('framing: another Expect', 417, { headers: [...GOOD_HEADERS, 'Expect: the unexpected'] }),
  stored('framing: HTTP/1.0 with an Expect, which is ignored', {
    version: 'HTTP/1.0',
    headers: [...GOOD_HEADERS, 'Expect: 100-continue'],
  }),
  stored('framing: an unsupported upgrade', {
    headers: [...GOOD_HEADERS, 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
  }),
]

/** As many headers as fit into the limit of 8 KiB. */
const CROWD = Array<string>(1700).fill('a:')
const crowded: HostileRequest[] = [
  stored('many headers: before the Host', { headers: [AUTHORIZATION, ...CROWD, HOST] }),
  stored('many headers: before the Authorization', { headers: [HOST, ...CROWD, AUTHORIZATION] }),
  notStored('many headers: before a second Authorization', 401, {
    headers: [...GOOD_HEADERS, ...CROWD, AUTHORIZATION],
  }),
  notStored('many headers: before a second Host', 400, { headers: [...GOOD_HEADERS, ...CROWD, 'Host: other'] }),
  notStored('many headers: before an Expect', 417, { headers: [...GOOD_HEADERS, ...CROWD, 'Expect: other'] }),
]

const targets: HostileRequest[] = [
  ...[
    '/',
    '/WEBHOOK',
    '/webhook/',
    '//webhook',
    '/webhook/x',
    '/a/../webhook',
    '/webhook%00',
    '/webhook;a',
    '/%zz',
    '/%ff',
  ].map((target) => notStored(`target: ${target}`, 404, { target })),
  notStored('target: an asterisk', 404, { target: '*', method: 'OPTIONS' }),
  ...['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'M-SEARCH'].map((method) =>
    notStored(`target: ${method}`, 405, { method }),
  ),
  notStored('target: another method with an invalid Content-Type', 405, {
    method: 'PUT',
    headers: [...GOOD_HEADERS, 'Content-Type: ;;;'],
  }),
  notStored('target: another path with an invalid Content-Type', 404, {
    target: '/other',
    headers: [...GOOD_HEADERS, 'Content-Type: ;;;'],
  }),
  stored('target: with a query', { target: '/webhook?a=<b>' }),
  ...['http://localhost/webhook', 'HTTP://other:1/webhook?a', '/web%68ook', '/%77ebhook?a'].flatMap((target) => [
    stored(`target: POST ${target}`, { target }),
    notStored(`target: GET ${target}`, 405, { target, method: 'GET' }),
    notStored(`target: PROPFIND ${target}`, 405, { target, method: 'PROPFIND' }),
  ]),
]

export const hostileRequests: readonly HostileRequest[] = [
  ...authorization,
  ...contentTypes,
  ...encodings,
  ...json,
  ...wrongTypes,
  ...evilTexts,
  ...framing,
  ...crowded,
  ...targets,
]
