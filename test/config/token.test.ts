import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readTokenFile, SECRET_PLACEHOLDER } from '../../src/config/token.ts'

const SETTINGS = ['WEBHOOK_SECRET_FILE', 'WEBHOOK_SECRET_PREVIOUS_FILE'] as const
type Name = (typeof SETTINGS)[number]
const setting = fc.constantFrom(...SETTINGS)

test('whatever a file contains, its token is one that a header can carry', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'Z', '9', '-', ' ', '\n', '\r', '\t', '"', '#', 'é', '\u200b', '\0'),
  })
  const bytes = fc.oneof(
    fc.uint8Array(),
    text,
    fc.constant(SECRET_PLACEHOLDER),
    text.map((rest) => `Bearer ${rest}`),
  )
  fc.assert(
    fc.property(setting, bytes, (name, content) => {
      const { token, error } = readTokenFile(name, { bytes: Buffer.from(content as string) })
      if (token === undefined) expect(error).toMatch(new RegExp(`^${name}: \\w`))
      else expect(token).toMatch(/^[!-~](?:[ -~]*[!-~])?$/)
    }),
    { examples: [' a', 'a ', '\ta', 'a\u007f'].map((text): [Name, string] => ['WEBHOOK_SECRET_FILE', text]) },
  )
})

test('a token is read as it is, with or without a line feed at the end', () => {
  const token = fc.stringMatching(/^[!-~]{17,64}$/).filter((text) => text !== SECRET_PLACEHOLDER)
  fc.assert(
    fc.property(setting, token, fc.constantFrom('', '\n', '\r\n'), (name, text, end) => {
      expect(readTokenFile(name, { bytes: Buffer.from(text + end) })).toEqual({ token: text })
    }),
  )
})

test('an error never contains a part of the file', () => {
  const secret = fc.stringMatching(/^Xq[ -~\n]{0,40}qX[é\n ]$/)
  fc.assert(
    fc.property(setting, secret, (name, content) => {
      const { error = '' } = readTokenFile(name, { bytes: Buffer.from(`${content}\n\n`) })
      expect(error).toContain(name)
      expect(error).not.toMatch(/Xq|qX/)
    }),
  )
})
