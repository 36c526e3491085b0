import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';

/** A proxy that can drop one message and close its connection, so that the sender does not know the outcome. */
export interface CuttingProxy {
  readonly url: string;
  /**
   * Drops the next request before the server receives it, or the next response after the server executed the request.
   * @param skip messages of that kind to let through first
   */
  cut(what: 'request' | 'answer', skip?: number): void;
  /** Messages dropped so far. */
  lost(): number;
  /** Cancels a cut that has not dropped anything yet. */
  disarm(): void;
  close(): void;
}

/**
 * Opens a proxy to a URL's server. Counts each chunk as one message, so await every response before the next request.
 */
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
