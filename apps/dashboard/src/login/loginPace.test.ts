import { describe, expect, it } from 'vitest';
import { createLoginPace } from './loginPace.js';

describe('createLoginPace', () => {
  it('waits longer after each wrong key past the third, up to a minute', () => {
    const pace = createLoginPace(() => 0);
    const waits = Array.from({ length: 12 }, () => {
      pace.failed('192.0.2.1');
      return pace.waitMs('192.0.2.1');
    });
    expect(waits).toEqual([0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60].map((seconds) => seconds * 1_000));
    expect(pace.waitMs('192.0.2.2')).toBe(0);
  });

  it('lets an address try again when its wait is over, and forgets it after a quarter of an hour', () => {
    let now = 0;
    const pace = createLoginPace(() => now);
    for (let tries = 0; tries < 5; tries++) pace.failed('192.0.2.1');
    expect(pace.waitMs('192.0.2.1')).toBe(4_000);
    now = 4_000;
    expect(pace.waitMs('192.0.2.1')).toBe(0);
    now = 15 * 60_000;
    pace.failed('192.0.2.1');
    expect(pace.waitMs('192.0.2.1')).toBe(0);
  });

  it('forgets the wrong keys of an address that had the right one', () => {
    const pace = createLoginPace(() => 0);
    for (let tries = 0; tries < 5; tries++) pace.failed('192.0.2.1');
    pace.succeeded('192.0.2.1');
    expect(pace.waitMs('192.0.2.1')).toBe(0);
  });

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', true],
    ['2001:db8:1:2::1', '2001:DB8:1:2::9', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::1', '::2', true],
    ['::ffff:192.0.2.1', '192.0.2.1', true],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
  ])('of %s and %s, says whether they wait together: %s', (one, other, together) => {
    const pace = createLoginPace(() => 0);
    for (let tries = 0; tries < 5; tries++) pace.failed(one);
    expect(pace.waitMs(other) > 0).toBe(together);
  });

  it('remembers a bounded number of addresses, the latest', () => {
    const pace = createLoginPace(() => 0);
    const address = (number: number): string => `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;
    for (let number = 0; number < 10_100; number++) {
      for (let tries = 0; tries < 3; tries++) pace.failed(address(number));
    }
    expect(pace.waitMs(address(0))).toBe(0);
    expect(pace.waitMs(address(99))).toBe(0);
    expect(pace.waitMs(address(100))).toBe(1_000);
    expect(pace.waitMs(address(10_099))).toBe(1_000);
  });
});
