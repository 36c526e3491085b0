import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonBody } from './jsonBody.js';

const codeOf = (body: string | Buffer): unknown => {
  try {
    parseJsonBody(Buffer.from(body));
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'accepted';
};

describe('parseJsonBody', () => {
  it('reads any JSON that is not hostile as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 20, noUnicodeString: false }), (text) => {
        const hostile =
          /__proto__|constructor|prototype|\\u0000|\\ud[89a-f]/i.test(text) || /[\0\p{Surrogate}]/u.test(text);
        if (!hostile) expect(parseJsonBody(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['a key that reaches prototypes', '{"a":[{"__proto__":{"x":1}}]}'],
    ['the same key in escapes', '{"\\u005f_proto__":1}'],
    ['constructor', '{"constructor":{"prototype":{}}}'],
    ['NUL in a text', '{"a":"x\\u0000y"}'],
    ['NUL in a key', '{"x\\u0000y":1}'],
    ['half of a surrogate pair', '["\\ud83d"]'],
    ['nesting beyond 64', `${'['.repeat(65)}${']'.repeat(65)}`],
    ['nesting of half a million', `${'['.repeat(500_000)}${']'.repeat(500_000)}`],
  ])('refuses %s', (_what, body) => {
    expect(codeOf(body)).toBe('invalid_request');
  });

  it.each([
    ['no JSON', '{"a":'],
    ['a byte order mark', '\ufeff{}'],
    ['invalid UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['an overlong encoding', Buffer.from([0x22, 0xc0, 0x80, 0x22])],
  ])('calls %s malformed', (_what, body) => {
    expect(codeOf(body)).toBe('malformed_json');
  });

  it('lets through nesting of exactly 64', () => {
    expect(codeOf(`${'['.repeat(64)}${']'.repeat(64)}`)).toBe('accepted');
  });
});
