import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { Pipe } from './pipe.js';
import { createPipe } from './pipe.js';
import type { Way, Weather } from './weather.js';

/** A loopback network path from one process to one server that fails as networks do. */
export interface Link {
  /** Port that the process connects to. */
  readonly port: number;
  /** Routes new connections to this port from now on; with null they are refused. */
  target(port: number | null): void;
  /** Closes every connection and refuses new ones until `clear`. */
  cut(): void;
  /** @param way directions not named stay unchanged */
  set(weather: Weather, way: Way): void;
  /** Restores normal traffic, delivering held bytes first. */
  clear(): void;
  close(): Promise<void>;
}

const CLEAR: Weather = { kind: 'clear' };

/** Opens a link to a port. */
export async function openLink(port: number | null): Promise<Link> {
  let target = port;
  let isCut = false;
  const weather: Record<'there' | 'back', Weather> = { there: CLEAR, back: CLEAR };
  const sockets = new Set<Socket>();
  const pipes = new Set<Pipe>();

  function join(near: Socket, to: number): void {
    const far = connect({ port: to, host: '127.0.0.1', noDelay: true });
    for (const [way, from, into] of [
      ['there', near, far],
      ['back', far, near],
    ] as const) {
      const pipe = createPipe(from, into, () => weather[way]);
      pipes.add(pipe);
      sockets.add(from);
      from.on('close', () => sockets.delete(from));
      into.on('close', () => pipes.delete(pipe));
    }
  }

  const server = createServer({ noDelay: true }, (near) => {
    near.on('error', () => undefined);
    if (isCut || target === null) near.resetAndDestroy();
    else join(near, target);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  function set(next: Weather, way: Way): void {
    if (way !== 'back') weather.there = next;
    if (way !== 'there') weather.back = next;
    for (const pipe of pipes) pipe.pump();
  }
  function endAll(): void {
    for (const socket of sockets) socket.resetAndDestroy();
  }
  return {
    port: (server.address() as AddressInfo).port,
    target(to) {
      target = to;
    },
    cut() {
      isCut = true;
      endAll();
    },
    set,
    clear() {
      isCut = false;
      set(CLEAR, 'both');
    },
    async close() {
      endAll();
      server.close();
      await once(server, 'close');
    },
  };
}
