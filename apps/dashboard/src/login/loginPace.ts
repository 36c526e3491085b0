import { isIPv6 } from 'node:net';

/** Wrong keys that cost no wait. */
const FREE_FAILURES = 3;

/** Longest wait after a wrong key, in ms. */
const LONGEST_WAIT_MS = 60_000;

/** Wrong keys are forgotten after this long without another, in ms. */
const FORGET_MS = 15 * 60_000;

/** Addresses that are remembered; beyond that the one that failed longest ago is forgotten. */
const MAX_ADDRESSES = 10_000;

/** Slows down whoever guesses, by address. */
export interface LoginPace {
  /** How long this address must wait before its next try, in ms; 0 when it may try now. */
  waitMs(address: string): number;
  failed(address: string): void;
  succeeded(address: string): void;
}

/**
 * After the third wrong key an address waits 1 s, then twice as long each time, up to 60 s.
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
      // A Map keeps the order of insertion, so the first entry is the one that failed longest ago.
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

/** How long to wait after this many wrong keys, in ms. */
function waitAfter(count: number): number {
  return count < FREE_FAILURES ? 0 : Math.min(LONGEST_WAIT_MS, 1_000 * 2 ** (count - FREE_FAILURES));
}

/** The address; of IPv6 the first 64 bits, as one household or machine holds them all. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = address.split('::');
  const before = head.split(':').filter((group) => group !== '');
  const after = (tail ?? '').split(':').filter((group) => group !== '');
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':').toLowerCase();
}
