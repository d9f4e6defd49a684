import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBearerTokenCheck } from '../../src/webhook/authenticate.ts'

const TOKENS = ['the-token', 'the-former-token']
const checkBearerToken = createBearerTokenCheck(TOKENS)
const check = (...values: string[]) => checkBearerToken(['Host', 'x', ...values.flatMap((v) => ['Authorization', v])])

test.for(['Bearer the-token', 'bearer the-token', 'BEARER the-token', 'Bearer the-former-token', 'Bearer  the-token'])(
  '%s is let in',
  (value) => {
    expect(check(value)).toBeUndefined()
  },
)

test.for([
  [[], 'no Authorization header'],
  [['Bearer the-token', 'Bearer the-token'], 'several Authorization headers'],
  [['the-token'], 'not of the scheme Bearer'],
  [['Basic dGhlLXRva2Vu'], 'not of the scheme Bearer'],
  [['Bearerthe-token'], 'not of the scheme Bearer'],
  [['Bearer\tthe-token'], 'not of the scheme Bearer'],
  [[''], 'not of the scheme Bearer'],
  [['Bearer'], 'the token is empty'],
  [['Bearer '], 'the token is empty'],
  [['Bearer Bearer the-token'], 'Bearer is doubled'],
  [['Bearer the-toke'], 'the token differs'],
  [['Bearer the-tokenx'], 'the token differs'],
  [['Bearer THE-TOKEN'], 'the token differs'],
  [['Bearer the-token, Bearer the-token'], 'the token differs'],
] as const)('%j is refused: %s', ([values, reason]) => {
  expect(check(...values)).toContain(reason)
})

test('the header counts under any case of its name, and a doubled one in any mixture', () => {
  expect(checkBearerToken(['AUTHORIZATION', 'Bearer the-token'])).toBeUndefined()
  expect(checkBearerToken(['authorization', 'Bearer the-token', 'Authorization', 'x'])).toContain('several')
})

test('a value that names no header does not count as one', () => {
  expect(checkBearerToken(['X-Header', 'authorization', 'Authorisation', 'Bearer the-token'])).toContain(
    'no Authorization',
  )
})

test('no other token is let in, and no reason shows the token that was tried', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 6 }), (token) => {
      fc.pre(!TOKENS.includes(token.trim()))
      const reason = check(`Bearer ${token}`)
      expect(reason).toBeDefined()
      if (!'the token differs is empty bearer doubled: enter the token alone in DigiReply'.includes(token.trim())) {
        expect(reason).not.toContain(token.trim())
      }
    }),
  )
})
