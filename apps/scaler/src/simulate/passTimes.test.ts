import { createLogger } from '@sluice/shared/telemetry/logger';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createPassLoop } from '../passLoop.js';
import { createPassTimes } from './passTimes.js';

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

it.each([1_000, 30_000])('passes when the loop of the scaler passes, at an interval of %i ms', async (intervalMs) => {
  const touches = [400, 401, 1_100, 1_999, 2_000, 29_900, 30_100, 31_000];
  const real: string[] = [];
  const loop = createPassLoop({
    pass: {
      overAll: async () => void real.push(`${Date.now()} all`),
      overTouched: async (touched) => void real.push(`${Date.now()} ${[...touched].join()}`),
    },
    lead: { current: () => ({ fence: 1, holds: () => true }) },
    intervalMs,
    monotonicMs: () => Date.now(),
    log: createLogger('test', { level: 'silent' }),
  });
  for (const atMs of touches) setTimeout(() => loop.touch(`t${atMs}.jobs`), atMs - 1);
  await loop.start();
  await vi.advanceTimersByTimeAsync(62_000);
  const stopped = loop.stop(new AbortController().signal);
  await vi.runAllTimersAsync();
  await stopped;

  const times = createPassTimes(intervalMs);
  const simulated: string[] = [];
  for (let atMs = 0; atMs <= 62_000; atMs += times.tickMs) {
    const touched = touches.filter((touch) => touch <= atMs && touch > atMs - times.tickMs).map((touch) => `t${touch}`);
    const pass = times.tick(atMs, new Set(touched));
    if (pass.kind !== 'nobody') simulated.push(`${atMs} ${pass.kind === 'all' ? 'all' : [...pass.tenants].join()}`);
  }
  expect(real).toEqual(simulated);
});
