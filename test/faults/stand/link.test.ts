import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../support/until.js';
import type { Link } from './link.js';
import { openLink } from './link.js';

describe('a link', () => {
  let echo: Server;
  let link: Link;
  let heard: string;
  const served: string[] = [];
  beforeEach(async () => {
    served.length = 0;
    heard = '';
    echo = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        served.push(String(data));
        socket.write(data);
      });
    });
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    link = await openLink((echo.address() as AddressInfo).port);
  });
  afterEach(async () => {
    await link.close();
    echo.close();
  });

  async function open(): Promise<Socket> {
    const socket = connect(link.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      heard += String(data);
    });
    await once(socket, 'connect');
    return socket;
  }
  /** A reset connection emits an error as well, so this waits for `close`. */
  const untilClosed = (socket: Socket) => new Promise((resolve) => socket.on('close', resolve));
  const hears = (text: string) => until(`"${text}" is heard`, () => heard === text);

  it('carries what is sent, in order, whatever its size', async () => {
    const text = 'x'.repeat(3_000_000);
    (await open()).write(text);
    await hears(text);
  });

  it('loses no answer that it held back, nor what came meanwhile', async () => {
    const socket = await open();
    link.set({ kind: 'frozen' }, 'back');
    socket.write('one');
    await until('it is served', () => served.join('') === 'one');
    socket.write('two');
    await until('it is served, too', () => served.join('') === 'onetwo');
    expect(heard).toBe('');
    link.clear();
    await hears('onetwo');
  });

  it('lets no question through that way', async () => {
    const socket = await open();
    socket.write('one');
    await hears('one');
    link.set({ kind: 'frozen' }, 'there');
    socket.write('two');
    const other = await open();
    other.write('three');
    link.set({ kind: 'frozen' }, 'back');
    expect(served).toEqual(['one']);
    link.clear();
    await until('both are served', () => served.length === 3);
  });

  it('is as slow as it is told', async () => {
    const socket = await open();
    link.set({ kind: 'slow', latencyMs: 100, bytesPerSecond: 10_000 }, 'there');
    const startMs = performance.now();
    socket.write('x'.repeat(2_000));
    await hears('x'.repeat(2_000));
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(300 - 5);
  });

  it('ends what it cuts, and refuses others until it is clear', async () => {
    const socket = await open();
    const closed = untilClosed(socket);
    link.cut();
    await closed;
    const refused = connect(link.port, '127.0.0.1');
    refused.on('error', () => undefined);
    await untilClosed(refused);
    link.clear();
    (await open()).write('again');
    await hears('again');
  });
});
