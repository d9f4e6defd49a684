/** https://www.postgresql.org/docs/current/protocol-message-formats.html, in latin1 strings. */
import type { Socket } from 'node:net'
import { onMessages } from './fake-server.ts'

const int16 = (value: number) => String.fromCharCode((value >> 8) & 0xff, value & 0xff)
const int32 = (value: number) => int16(value >> 16) + int16(value)
const string = (text: string) => int32(text.length) + text

export const message = (type: string, body = '') => type + int32(4 + body.length) + body
export const LOGGED_IN = message('R', int32(0)) + message('Z', 'I')
export const CLEAR_TEXT_PASSWORD = message('R', int32(3))
export const MD5_PASSWORD = message('R', `${int32(5)}salt`)
export const error = (text: string, severity = 'FATAL') => message('E', `S${severity}\0M${text}\0\0`)

export const READY = message('Z', 'T')
const column = (name: string) => `${name}\0${int32(0)}${int16(0)}${int32(25)}${int16(-1)}${int32(-1)}${int16(0)}`
export const COLUMNS = message('T', int16(2) + column('bot_id') + column('project_name'))
export const row = (botId: string, name: string) => message('D', int16(2) + string(botId) + string(name))
export const rows = (...all: (readonly [botId: string, name: string])[]) =>
  COLUMNS + all.map(([botId, name]) => row(botId, name)).join('') + message('C', 'SELECT 1\0') + READY

/** Accepts the login. Calls `onQuery` on the first query. */
export function acceptPostgresLogin(socket: Socket, onQuery: () => void = () => {}): void {
  socket.once('data', () => {
    socket.write(LOGGED_IN, 'latin1')
    socket.once('data', onQuery)
  })
}

/** Accepts the login and answers the service's query with these bytes. All other statements succeed. */
export function answerPostgres(answer: (botId: string) => string) {
  return (socket: Socket): void => {
    const write = (bytes: string) => socket.write(bytes, 'latin1')
    let isLoggedIn = false
    let botId = ''
    onMessages(
      socket,
      (received) => {
        const type = isLoggedIn ? 1 : 0
        return received.length < type + 4 ? undefined : type + received.readInt32BE(type)
      },
      (received) => {
        if (!isLoggedIn) write(LOGGED_IN)
        else if (received[0] === 0x51) write(message('C', 'BEGIN\0') + READY)
        else if (received[0] === 0x42) botId = parameterOf(received)
        else if (received[0] === 0x53) write(message('1') + message('2') + answer(botId))
        isLoggedIn = true
      },
    )
  }
}

/** Reads a Bind with one parameter and no names: type, length, two empty names, formats, count, parameter. */
function parameterOf(bind: Buffer): string {
  const formats = bind.readInt16BE(7)
  const start = 9 + 2 * formats + 2
  return bind.toString('latin1', start + 4, start + 4 + bind.readInt32BE(start))
}
