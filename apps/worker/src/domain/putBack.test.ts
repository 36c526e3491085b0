import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decidePutBack } from './putBack.js';

const TEN_MINUTES_MS = 600_000;

it('a put-back job waits longer each time, for at most 30 s, and is given up when the patience ends', () => {
  let forMs = 0;
  const delays: number[] = [];
  for (let times = 0; ; times++) {
    const verdict = decidePutBack({ times, forMs }, TEN_MINUTES_MS, () => 0.999);
    if (verdict.kind === 'give-up') break;
    delays.push(verdict.delayMs);
    forMs += verdict.delayMs;
  }
  expect(delays.slice(0, 6)).toEqual([1_000, 1_999, 3_998, 7_996, 15_992, 29_985]);
  expect(forMs).toBe(TEN_MINUTES_MS);
  expect(delays.length).toBeLessThan(30);
});

it('a patience of 0 gives up at once', () => {
  expect(decidePutBack({ times: 0, forMs: 0 }, 0, () => 0)).toEqual({ kind: 'give-up' });
});

it('no delay is below 1 ms, above 30 s or beyond the patience', () => {
  fc.assert(
    fc.property(
      fc.nat(1_000),
      fc.nat(700_000),
      fc.nat(700_000),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (times, forMs, patienceMs, chance) => {
        const verdict = decidePutBack({ times, forMs }, patienceMs, () => chance);
        expect(verdict.kind).toBe(forMs >= patienceMs ? 'give-up' : 'put-back');
        if (verdict.kind === 'give-up') return;
        expect(verdict.delayMs).toBeGreaterThanOrEqual(1);
        expect(verdict.delayMs).toBeLessThanOrEqual(Math.min(30_000, patienceMs - forMs));
      },
    ),
  );
});
