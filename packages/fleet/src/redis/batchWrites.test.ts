import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { batchWrites } from './batchWrites.js';

/** Records which writes leave together. */
function createSink() {
  const sent: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      sent.push(String(chunk));
      done();
    },
    writev(chunks, done) {
      sent.push(chunks.map(({ chunk }) => String(chunk)).join(''));
      done();
    },
  });
  batchWrites(stream);
  return { stream, sent };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('batchWrites', () => {
  it('sends what was written in one turn at once and in order', async () => {
    const { stream, sent } = createSink();
    for (const text of ['a', 'b', 'c']) stream.write(text);
    expect(sent).toEqual([]);
    await turn();
    expect(sent).toEqual(['abc']);
  });

  it('sends what is written in a later turn by itself, and a lone command too', async () => {
    const { stream, sent } = createSink();
    stream.write('first');
    await turn();
    stream.write('second');
    await turn();
    expect(sent).toEqual(['first', 'second']);
  });

  it('calls back each write, and sends what is left when the stream is ended', async () => {
    const { stream, sent } = createSink();
    const done = new Promise((resolve) => stream.write('a', resolve));
    stream.end('b');
    await done;
    await turn();
    expect(sent.join('')).toBe('ab');
  });

  it('survives a stream that is destroyed with writes in it', async () => {
    const { stream, sent } = createSink();
    stream.on('error', () => undefined);
    stream.write('lost');
    stream.destroy();
    await turn();
    expect(sent).toEqual([]);
  });
});
