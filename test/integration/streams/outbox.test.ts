import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { createMetrics } from '@sluice/shared/telemetry/metrics';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOpenStreams } from '../../../apps/producer/src/streams/openStreams.js';
import type { Outbox, Outboxes } from '../../../apps/producer/src/streams/outbox.js';
import { createOutboxes, OUTBOX_BOUNDS } from '../../../apps/producer/src/streams/outbox.js';
import { until } from '../../support/until.js';

const TEXT = 'x'.repeat(1_000);

describe('what waits for the reader of a stream', () => {
  const server = createServer();
  const clients: Socket[] = [];
  let dropped = 0;
  beforeEach(async () => {
    dropped = 0;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    server.removeAllListeners('request');
    server.close();
    await once(server, 'close');
  });

  /** A client that does not read before it is told to. */
  async function askPaused(): Promise<{ client: Socket; response: ServerResponse }> {
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    clients.push(client);
    client.pause();
    client.on('error', () => undefined);
    client.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
    return { client, response };
  }
  async function openPaused(outboxes: Outboxes): Promise<{ client: Socket; response: ServerResponse; outbox: Outbox }> {
    const asked = await askPaused();
    return { ...asked, outbox: outboxes.open(asked.response) };
  }
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const start = (bounds: Partial<typeof OUTBOX_BOUNDS> = {}): Outboxes =>
    createOutboxes(() => dropped++, { ...OUTBOX_BOUNDS, ...bounds });

  /** Sends until the system takes no more, which buffers some megabytes of its own. */
  async function fill({ response, outbox }: { response: ServerResponse; outbox: Outbox }): Promise<void> {
    for (let quiet = 0; quiet < 50; quiet = response.writableNeedDrain ? quiet + 1 : 0) {
      while (outbox.send(TEXT) && !response.writableNeedDrain);
      await turn();
    }
  }

  it('is bounded for one that does not read, which gets the end', async () => {
    const outboxes = start();
    const { response, outbox } = await openPaused(outboxes);
    let mostBytes = 0;
    while (!response.writableEnded) {
      for (let sent = 0; sent < 100; sent++) outbox.send(TEXT);
      mostBytes = Math.max(mostBytes, outboxes.waitingBytes());
      expect(response.writableLength).toBeLessThan(OUTBOX_BOUNDS.ofOneBytes + 200_000);
      await turn();
    }
    expect(dropped).toBe(1);
    expect(mostBytes).toBeLessThan(OUTBOX_BOUNDS.ofOneBytes + 2 * TEXT.length);
    response.destroy();
    await once(response, 'close');
    expect(outboxes.waitingBytes()).toBe(0);
  });

  it('is bounded for all together: then each may have little', async () => {
    const outboxes = start({ ofAllBytes: 300_000 });
    const readers = [await openPaused(outboxes), await openPaused(outboxes), await openPaused(outboxes)];
    for (const reader of readers) await fill(reader);
    for (let sent = 0; sent < 2_000; sent++) for (const { outbox } of readers) outbox.send(TEXT);
    expect(readers.every(({ response }) => response.writableEnded)).toBe(true);
    expect(outboxes.waitingBytes()).toBeLessThan(300_000 + 3 * (OUTBOX_BOUNDS.sliceBytes + 2 * TEXT.length));
  });

  it('is all told to one that reads late but reads', async () => {
    const outboxes = start();
    const opened = await openPaused(outboxes);
    await fill(opened);
    let bytes = 0;
    opened.client.on('data', (chunk) => {
      bytes += chunk.length;
    });
    opened.client.resume();
    await opened.outbox.taken();
    expect(outboxes.waitingBytes()).toBe(0);
    opened.outbox.end();
    await once(opened.response, 'close');
    expect(bytes).toBeGreaterThan(0);
    expect(dropped).toBe(0);
  });

  it('is given up when the reader takes nothing from one look to the next, and not when it has all', async () => {
    const outboxes = start();
    const [stuck, fast] = [await openPaused(outboxes), await openPaused(outboxes)];
    await fill(stuck);
    for (let look = 0; look < 2; look++) for (const { outbox } of [stuck, fast]) outbox.look(':\n\n');
    expect([stuck.response.destroyed, fast.response.destroyed, dropped]).toEqual([true, false, 1]);
    await stuck.outbox.taken();
  });

  it('ends with the longest result for one that is slow to read', async () => {
    const { client, response } = await askPaused();
    const stream = createOpenStreams(createMetrics('producer'), 1).open(
      response,
      { tenantId: 'acme', requestId: 'r' },
      () => undefined,
    );
    const line = { event: 'log', id: null, data: { line: TEXT } } as const;
    for (let quiet = 0; quiet < 50; quiet = response.writableNeedDrain ? quiet + 1 : 0) {
      while (!response.writableNeedDrain) stream.send(line);
      await turn();
    }
    stream.send({ event: 'done', id: 'last', data: { result: 'r'.repeat(250_000) } });
    stream.end();
    let text = '';
    client.setEncoding('utf8').on('data', (part) => {
      text = (text + part).slice(-300_000);
    });
    const closed = once(response, 'close');
    client.resume();
    await until('it has the result', () => text.includes('event: done') && text.includes('rrr"}\n\n'));
    await closed;
  });

  it('waits so long for the last words to be taken, and no longer', async () => {
    const patient = await openPaused(start());
    await fill(patient);
    patient.outbox.send('r'.repeat(260_000));
    patient.outbox.end();
    await turn();
    expect(patient.response.destroyed).toBe(false);
    const taken = patient.response.socket;
    patient.client.resume();
    await once(patient.response, 'close');
    expect(taken?.destroyed).toBe(false);

    const hasty = await openPaused(start({ finishWithinMs: 50 }));
    await fill(hasty);
    const { socket } = hasty.response;
    hasty.outbox.end();
    await once(hasty.response, 'close');
    expect(socket?.destroyed).toBe(true);
  });
});
