import { isIPv6 } from 'node:net';

/** Number of wrong keys without a delay. */
const FREE_FAILURES = 3;

/** Maximum delay after a wrong key, in ms. */
const LONGEST_WAIT_MS = 60_000;

/** The count of wrong keys is reset after this long without another, in ms. */
const FORGET_MS = 15 * 60_000;

/** Maximum number of tracked addresses; beyond it the one that failed longest ago is evicted. */
const MAX_ADDRESSES = 10_000;

/** Delays repeated login attempts, per address. */
export interface LoginPace {
  /** How long this address must wait before its next attempt, in ms; 0 when it may try now. */
  waitMs(address: string): number;
  failed(address: string): void;
  succeeded(address: string): void;
}

/**
 * Exponential backoff: after the third wrong key an address waits 1 s, then twice as long each time, up to 60 s.
 * @param now unix ms
 */
export function createLoginPace(now: () => number): LoginPace {
  const failures = new Map<string, { count: number; at: number }>();

  function recent(network: string): { count: number; at: number } {
    const known = failures.get(network);
    return known !== undefined && now() - known.at < FORGET_MS ? known : { count: 0, at: 0 };
  }

  return {
    waitMs(address) {
      const { count, at } = recent(networkOf(address));
      return Math.max(0, at + waitAfter(count) - now());
    },
    failed(address) {
      const network = networkOf(address);
      const { count } = recent(network);
      // A Map keeps insertion order, so the first entry is the one that failed longest ago.
      failures.delete(network);
      failures.set(network, { count: count + 1, at: now() });
      const [oldest] = failures.keys();
      if (failures.size > MAX_ADDRESSES && oldest !== undefined) failures.delete(oldest);
    },
    succeeded(address) {
      failures.delete(networkOf(address));
    },
  };
}

/** The delay after this many wrong keys, in ms. */
function waitAfter(count: number): number {
  return count < FREE_FAILURES ? 0 : Math.min(LONGEST_WAIT_MS, 1_000 * 2 ** (count - FREE_FAILURES));
}

/** The address; for IPv6 its first 64 bits, since one household or machine controls the whole /64. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = address.split('::');
  const before = head.split(':').filter((group) => group !== '');
  const after = (tail ?? '').split(':').filter((group) => group !== '');
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':').toLowerCase();
}
