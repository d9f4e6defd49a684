/** https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html, in latin1 strings. */
import type { Socket } from 'node:net'
import { onMessages } from './fake-server.ts'

export const packet = (number: number, body: string) =>
  String.fromCharCode(body.length & 0xff, (body.length >> 8) & 0xff, body.length >> 16, number & 0xff) + body

/** Consecutive packets, numbered from this number. */
export const packets = (number: number, bodies: readonly string[]) =>
  bodies.map((body, index) => packet(number + index, body)).join('')

/** Requests a password with this authentication plugin. */
export const greeting = (plugin = 'mysql_native_password') =>
  packet(0, `\x0a8.0.0\0\x01\0\0\x0012345678\0\0\x82\x2d\x02\0\x08\0\x15${'\0'.repeat(10)}123456789012\0${plugin}\0`)
export const OK = '\0\0\0\x02\0\0\0'
export const EOF = '\xfe\0\0\x02\0'

const string = (text: string) =>
  (text.length < 251
    ? String.fromCharCode(text.length)
    : `\xfc${String.fromCharCode(text.length & 0xff, text.length >> 8)}`) + text

const column = (name: string) =>
  `${['def', '', '', '', name, ''].map(string).join('')}\x0c\x2d\0\xff\xff\0\0\xfd\0\0\0\0\0`
/** The columns of the service's query. */
export const COLUMNS = ['\x02', column('bot_id'), column('project_name')]
export const row = (botId: string, name: string) => `\0\0${string(botId)}${string(name)}`
export const rows = (...all: (readonly [botId: string, name: string])[]) => [
  ...COLUMNS,
  EOF,
  ...all.map(([botId, name]) => row(botId, name)),
  EOF,
]
const PREPARED = ['\0\x01\0\0\0\x02\0\x01\0\0\0\0', column('?'), EOF, column('bot_id'), column('project_name'), EOF]

/** Accepts the login. Calls `onQuery` on the first command. */
export function acceptMysqlLogin(socket: Socket, onQuery: () => void = () => {}): void {
  socket.write(greeting(), 'latin1')
  socket.once('data', () => {
    socket.write(packet(2, OK), 'latin1')
    socket.once('data', onQuery)
  })
}

/** Accepts the login and answers the service's query with packets or raw bytes. */
export function answerMysql(answer: (botId: string) => readonly string[] | string) {
  return (socket: Socket): void => {
    const write = (bytes: string) => socket.write(bytes, 'latin1')
    let isLoggedIn = false
    write(greeting())
    onMessages(
      socket,
      (received) => (received.length < 4 ? undefined : 4 + received.readUIntLE(0, 3)),
      (message) => {
        if (!isLoggedIn) write(packet(2, OK))
        else if (message[4] === 0x16) write(packets(1, PREPARED))
        else if (message[4] === 0x17) {
          const reply = answer(lastString(message))
          write(typeof reply === 'string' ? reply : packets(1, reply))
        }
        isLoggedIn = true
      },
    )
  }
}

/** The parameter comes last, after its length, which must be less than the codes of its characters. */
function lastString(message: Buffer): string {
  let length = 1
  while (message.at(-1 - length) !== length) length += 1
  return message.toString('latin1', message.length - length)
}
