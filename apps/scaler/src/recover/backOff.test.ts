import { expect, it } from 'vitest';
import { withBackOff } from './backOff.js';

it('rests ever longer while a step fails, and not at all after it succeeds', async () => {
  let nowMs = 0;
  let fails = true;
  const tries: number[] = [];
  const step = withBackOff(
    async () => {
      tries.push(nowMs);
      if (fails) throw new Error('full');
    },
    () => nowMs,
  );
  const leadership = { fence: 1, holds: () => true };
  for (; nowMs <= 100_000; nowMs += 1_000) await step(leadership).catch(() => undefined);
  expect(tries.slice(0, 8)).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000, 61_000, 91_000]);
  fails = false;
  for (; nowMs <= 130_000; nowMs += 1_000) await step(leadership);
  expect(tries.at(-1)).toBe(130_000);
  expect(tries.at(-2)).toBe(129_000);
});
