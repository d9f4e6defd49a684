import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AcceptedTokens, createBearerTokenCheck } from '../../src/webhook/authenticate.ts'

const TOKENS = { current: 'the-token', previous: 'the-former-token' }
const checkBearerToken = createBearerTokenCheck(() => TOKENS)
const check = (...values: string[]) => checkBearerToken(['Host', 'x', ...values.flatMap((v) => ['Authorization', v])])

/** Node.js reads each byte of a header as a character. */
function inBytes(text: string): string {
  return Buffer.from(text).toString('latin1')
}

test.for([
  ['Bearer the-token', 'current'],
  ['bearer the-token', 'current'],
  ['BEARER the-token', 'current'],
  ['Bearer the-former-token', 'previous'],
  ['Bearer  the-token', 'current'],
] as const)('%s is accepted as the %s token', ([value, token]) => {
  expect(check(value)).toEqual({ token })
})

test('changed tokens are accepted from the next request on', () => {
  let tokens: AcceptedTokens = { current: 'one', previous: undefined }
  const checkLive = createBearerTokenCheck(() => tokens)
  const accepted = () => ['one', 'two'].map((token) => checkLive(['Authorization', `Bearer ${token}`]))
  const rejected = { problem: 'the token does not match' }
  expect(accepted()).toEqual([{ token: 'current' }, rejected])
  tokens = { current: 'two', previous: 'one' }
  expect(accepted()).toEqual([{ token: 'previous' }, { token: 'current' }])
  tokens = { current: 'two', previous: undefined }
  expect(accepted()).toEqual([rejected, { token: 'current' }])
})

test.for([
  [[], 'no Authorization header'],
  [['Bearer the-token', 'Bearer the-token'], 'multiple Authorization headers'],
  [['the-token'], 'scheme of the Authorization header is not Bearer'],
  [['Basic dGhlLXRva2Vu'], 'scheme of the Authorization header is not Bearer'],
  [['Bearerthe-token'], 'scheme of the Authorization header is not Bearer'],
  [['Bearer\tthe-token'], 'scheme of the Authorization header is not Bearer'],
  [[''], 'scheme of the Authorization header is not Bearer'],
  [['Bearer'], 'the token is empty'],
  [['Bearer '], 'the token is empty'],
  [['Bearer Bearer the-token'], 'Bearer is repeated'],
  [['Bearer "the-token"'], 'the token is in quotes'],
  [["Bearer 'the-token'"], 'the token is in quotes'],
  [['Bearer `the-token`'], 'the token is in quotes'],
  [[`Bearer ${inBytes('“the-token”')}`], 'the token is in quotes'],
  [[`Bearer ${inBytes('„the-token“')}`], 'the token is in quotes'],
  [[`Bearer ${inBytes('‘the-token’')}`], 'the token is in quotes'],
  [[`Bearer ${inBytes('«the-token»')}`], 'the token is in quotes'],
  [['Bearer "the-token"x'], 'the token does not match'],
  [['Bearer \'the-token"'], 'the token does not match'],
  [['Bearer "the-token'], 'the token does not match'],
  [['Bearer the-toke'], 'the token does not match'],
  [['Bearer the-tokenx'], 'the token does not match'],
  [['Bearer THE-TOKEN'], 'the token does not match'],
  [['Bearer the-token, Bearer the-token'], 'the token does not match'],
] as const)('%j is rejected: %s', ([values, reason]) => {
  expect(check(...values)).toEqual({ problem: expect.stringContaining(reason) })
})

test('the name of the header is case-insensitive, also in repeated headers', () => {
  expect(checkBearerToken(['AUTHORIZATION', 'Bearer the-token'])).toEqual({ token: 'current' })
  expect(checkBearerToken(['authorization', 'Bearer the-token', 'Authorization', 'x'])).toEqual({
    problem: 'multiple Authorization headers',
  })
})

test('a header value is never mistaken for the Authorization header', () => {
  expect(checkBearerToken(['X-Header', 'authorization', 'Authorisation', 'Bearer the-token'])).toEqual({
    problem: 'no Authorization header',
  })
})

test('no other token is accepted, and the reason never contains the token', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 6 }), (token) => {
      fc.pre(!Object.values(TOKENS).includes(token.trim()))
      const result = check(`Bearer ${token}`)
      const reason = 'problem' in result ? result.problem : expect.fail()
      if (
        !'the token does not match is empty the word Bearer is repeated: enter only the token in DigiReply'.includes(
          token.trim(),
        )
      ) {
        expect(reason).not.toContain(token.trim())
      }
    }),
  )
})
