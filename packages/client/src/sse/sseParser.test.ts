import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SseItem } from './sseParser.js';
import { createSseParser } from './sseParser.js';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function parse(...pieces: (string | Uint8Array)[]): SseItem[] {
  const parser = createSseParser('', 10_000);
  return pieces.flatMap((piece) => parser.push(typeof piece === 'string' ? encode(piece) : piece));
}

/** The whole of a stream by the letter of the standard, with nothing in pieces. */
function parseWhole(bytes: Uint8Array): SseItem[] {
  // The last line has no end.
  const lines = new TextDecoder()
    .decode(bytes)
    .split(/\r\n|\n|\r/)
    .slice(0, -1);
  let lastEventId = '';
  let type = '';
  let data = '';
  const take: Readonly<Record<string, (value: string) => unknown>> = {
    event: (value) => (type = value),
    data: (value) => (data += `${value}\n`),
    id: (value) => (lastEventId = value.includes('\0') ? lastEventId : value),
  };
  return lines.flatMap((line): SseItem[] => {
    const [, name = '', value = ''] = /^([^:]*):? ?([\s\S]*)$/.exec(line) ?? [];
    take[name]?.(value);
    if (name === 'retry' && /^\d+$/.test(value)) return [{ kind: 'retry', retryMs: Number(value) }];
    if (line !== '') return [];
    const block = { type: type || 'message', data: data.slice(0, -1), lastEventId };
    const isEmpty = data === '';
    type = '';
    data = '';
    return [isEmpty ? { kind: 'id', lastEventId } : { kind: 'event', ...block }];
  });
}

const value = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.constantFrom('7', '1:2', ' x', '\0', '🚀ü'));
const field = fc.constantFrom('data', 'event', 'id', 'retry', 'other', '', 'data ');
const line = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(field, fc.constantFrom(':', ': ', ''), value).map((parts) => parts.join('')) },
  { weight: 2, arbitrary: fc.constant('') },
);
const text = fc
  .array(fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n')), { maxLength: 20 })
  .map((lines) => encode(lines.flat().join('')));
const stream = fc
  .tuple(fc.constantFrom('', '\uFEFF'), fc.oneof(text, text, fc.uint8Array({ maxLength: 60 })))
  .map(([mark, bytes]) => new Uint8Array([...encode(mark), ...bytes]));

describe('createSseParser', () => {
  it('reads any stream as the standard says, wherever it is cut', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(200)), (bytes, cuts) => {
        const at = [0, ...cuts.filter((cut) => cut <= bytes.length).sort((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, index) => bytes.slice(at[index], end));
        expect(parse(...pieces)).toEqual(parseWhole(bytes));
        expect(parse(bytes)).toEqual(parseWhole(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it('reads CR LF, ids without a space, comments and data of several lines', () => {
    expect(parse(':hello\r\nid:1\r\nevent:state\r\ndata:{"a":\r\ndata: 1}\r\n\r\n')).toEqual([
      { kind: 'event', type: 'state', data: '{"a":\n1}', lastEventId: '1' },
    ]);
  });

  it('keeps the id until another comes, and drops it when an empty one comes', () => {
    const items = parse('id: 7\ndata: a\n\ndata: b\n\nid\ndata: c\n\n');
    expect(items.map((item) => item.kind === 'event' && item.lastEventId)).toEqual(['7', '7', '']);
  });

  it('begins with the id of the connection before', () => {
    expect(createSseParser('42', 100).push(encode('data: a\n\n'))).toMatchObject([{ lastEventId: '42' }]);
  });

  it('refuses an event that is too large, and forgets what comments and events before it took', () => {
    const parser = createSseParser('', 30);
    for (let count = 0; count < 10; count++) parser.push(encode(`:${'x'.repeat(15)}\n`));
    for (let count = 0; count < 10; count++) parser.push(encode('data: 12345678901234567890\n\n'));
    expect(() => parser.push(encode(`data: ${'x'.repeat(30)}`))).toThrow(/larger than 30/);
  });
});
