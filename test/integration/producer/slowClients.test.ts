import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet } from '../../support/fleet.js';
import { startFleet } from '../../support/fleet.js';
import { until } from '../../support/until.js';

describe('clients that are slow or many', () => {
  let fleet: Fleet;
  let port: number;
  beforeAll(async () => {
    fleet = await startFleet({ HTTP_MAX_CONNECTIONS: '20' });
    port = Number(new URL(fleet.producer.url).port);
  });
  afterAll(() => fleet?.close());

  /** A connection that says this much of a request, and no more. */
  function open(first: string): { readonly heard: () => string; readonly isClosed: () => boolean; end(): void } {
    let heard = '';
    let closed = false;
    const socket = connect(port, '127.0.0.1', () => socket.write(first));
    socket.on('data', (data) => {
      heard += data.toString();
    });
    socket.on('close', () => {
      closed = true;
    });
    socket.on('error', () => undefined);
    return { heard: () => heard, isClosed: () => closed, end: () => socket.destroy() };
  }

  it('cuts off one that never ends its body', async () => {
    const head =
      'POST /api/v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{';
    const slow = open(head);
    await until('it is cut off', () => slow.isClosed(), 30_000);
    expect(slow.heard()).not.toContain('HTTP/1.1 2');
  });

  it('closes those above the cap at once, ends the slow ones, and serves others again after that', async () => {
    const many = Array.from({ length: 60 }, () => open('GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: '));
    await until('those above the cap are closed', () => many.filter((one) => one.isClosed()).length >= 40);
    await until('the slow ones are ended', () => many.every((one) => one.isClosed()), 30_000);
    expect((await fetch(`${fleet.producer.url}/livez`)).status).toBe(200);
    for (const one of many) one.end();
  });
});
