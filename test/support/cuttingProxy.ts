import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';

/** A way to a server that can lose one message and end its connection: the sender does not know what became of it. */
export interface CuttingProxy {
  readonly url: string;
  /**
   * Loses the next request before the server has it, or the next answer after the server did what was asked.
   * @param skip messages of the kind that are let through before
   */
  cut(what: 'request' | 'answer', skip?: number): void;
  /** Messages lost so far. */
  lost(): number;
  /** Forgets a cut that nothing has met. */
  disarm(): void;
  close(): void;
}

/** Opens a proxy to the server of a URL. Counts what arrives in one piece as one message, so talk to it step by step. */
export async function openCuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  let armed: { readonly what: 'request' | 'answer'; left: number } | null = null;
  let lost = 0;

  function loses(what: 'request' | 'answer'): boolean {
    if (armed?.what !== what || armed.left-- > 0) return false;
    armed = null;
    lost++;
    return true;
  }

  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    near.on('error', () => far.destroy()).on('close', () => far.destroy());
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.on('data', (bytes) => (loses('request') ? near.destroy() : far.write(bytes)));
    far.on('data', (bytes) => (loses('answer') ? near.destroy() : near.write(bytes)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    cut(what, skip = 0) {
      armed = { what, left: skip };
    },
    lost: () => lost,
    disarm() {
      armed = null;
    },
    close: () => server.close(),
  };
}
