import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** A proxy between a client and a server on loopback that fails as networks do. */
export interface TcpProxy {
  readonly port: number;
  /** Routes new connections to another server from now on. */
  redirect(port: number): void;
  /** Closes every connection. */
  cut(): void;
  /**
   * Silently drops all traffic of the open connections from now on, in both directions. New connections work.
   * @param said limits this to connections whose client has sent this text
   */
  silence(said?: string): void;
  stop(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  sent: string;
  silent: boolean;
}

/** Listens on its own port. */
export async function startTcpProxy(port: number): Promise<TcpProxy> {
  let target = port;
  const pairs = new Set<Pair>();
  const listener = createServer((client) => {
    const pair: Pair = { client, server: connect(target, '127.0.0.1'), sent: '', silent: false };
    pairs.add(pair);
    client.on('data', (data) => {
      if (pair.silent) return;
      pair.sent = (pair.sent + data.toString('latin1')).slice(-10_000);
      pair.server.write(data);
    });
    pair.server.on('data', (data) => {
      if (!pair.silent) client.write(data);
    });
    for (const [socket, other] of [
      [client, pair.server],
      [pair.server, client],
    ] as const) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        pairs.delete(pair);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));

  function cut(): void {
    for (const { client, server } of pairs) {
      client.destroy();
      server.destroy();
    }
  }
  return {
    port: (listener.address() as AddressInfo).port,
    redirect(to) {
      target = to;
    },
    cut,
    silence(said = '') {
      for (const pair of pairs) if (pair.sent.includes(said)) pair.silent = true;
    },
    async stop() {
      cut();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
