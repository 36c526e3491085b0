import type { QuotaAnswer } from '@sluice/limits';
import { blockQuota, endQuotaCall, readQuotaUse, takeQuota } from '@sluice/limits/internal';
import type { UpstreamQuota } from '@sluice/shared/contracts/upstreamQuota';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { until } from '../../support/until.js';

const HOUR: UpstreamQuota = { callsPerWindow: 50, windowMs: 3_600_000, callsAtATime: null };

describe('takeQuota', () => {
  let space: FleetSpace;
  let made = 0;
  beforeAll(async () => {
    space = await openFleetSpace();
  });
  afterAll(() => space.close());

  /** A quota of one tenant and upstream, and a way to take of it. */
  function openQuota(quota: UpstreamQuota) {
    const owner = { tenantId: `tenant-${made++}`, upstream: 'ga4:1' };
    const { client } = space.redis;
    let calls = 0;
    return {
      /** Of a quota that was changed meanwhile. */
      takeOf: (changed: UpstreamQuota, id = `call ${calls++}`) =>
        takeQuota(client, space.keys, owner, { quota: changed, circuit: null }, { id, leaseMs: 60_000, cost: 1 }),
      used: (windowMs: number) => readQuotaUse(client, space.keys, owner, windowMs),
      take: (call: { readonly id?: string; readonly leaseMs?: number; readonly cost?: number } = {}) =>
        takeQuota(
          client,
          space.keys,
          owner,
          { quota, circuit: null },
          { id: `call ${calls++}`, leaseMs: 60_000, cost: 1, ...call },
        ),
      end: (id: string) => endQuotaCall(client, space.keys, owner, id),
      block: (forMs: number) => blockQuota(client, space.keys, owner, forMs),
    };
  }

  /** Comes back whenever it is told to, until it is granted; answers for when that was. */
  async function grantedAt(take: () => Promise<QuotaAnswer>, atMostMs: number): Promise<number> {
    for (;;) {
      const answer = await take();
      if (answer.kind === 'granted') return answer.nowMs;
      const { retryInMs } = answer;
      expect(retryInMs > 0 && retryInMs <= atMostMs).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, retryInMs + 1));
    }
  }

  it('grants exactly the quota when far more calls race for it', async () => {
    const { take } = openQuota(HOUR);
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => take()));
    expect(answers.filter(({ kind }) => kind === 'granted')).toHaveLength(50);
    const refused = answers.find((answer) => answer.kind === 'refused');
    expect(refused).toMatchObject({ because: 'exhausted' });
    if (refused?.kind === 'refused') expect(refused.retryInMs).toBeGreaterThan(3_500_000);
  });

  it('never grants more than the quota in any window, however calls are spread, and grants again when it says', async () => {
    const quota = { callsPerWindow: 7, windowMs: 300, callsAtATime: null };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 30, maxLength: 40 }), async (costs) => {
        const { take } = openQuota(quota);
        const granted: { readonly atMs: number; readonly cost: number }[] = [];
        for (const cost of costs) {
          let answer: QuotaAnswer = await take({ cost });
          if (answer.kind === 'refused') {
            const { retryInMs } = answer;
            await new Promise((resolve) => setTimeout(resolve, retryInMs + 1));
            answer = await take({ cost });
          }
          if (answer.kind === 'granted') granted.push({ atMs: answer.nowMs, cost });
          expect(answer.kind).toBe('granted');
        }
        for (const { atMs } of granted) {
          const inWindow = granted.filter((other) => other.atMs <= atMs && other.atMs > atMs - quota.windowMs);
          expect(inWindow.reduce((sum, { cost }) => sum + cost, 0)).toBeLessThanOrEqual(quota.callsPerWindow);
        }
      }),
      { numRuns: 3 },
    );
  });

  it('keeps what was used when the window is raised or lowered, and never asks to wait for longer than the new one', async () => {
    for (const [before, after] of [
      [60_000, 3_600_000],
      [3_600_000, 3_540_000],
      [604_800_000, 1_000],
    ] as const) {
      const { takeOf, used } = openQuota(HOUR);
      for (let i = 0; i < 5; i++) await takeOf({ ...HOUR, windowMs: before, callsPerWindow: 5 });
      const answer = await takeOf({ ...HOUR, windowMs: after, callsPerWindow: 5 });
      expect(answer).toMatchObject({ kind: 'refused', because: 'exhausted' });
      if (answer.kind === 'refused') expect(answer.retryInMs).toBeLessThanOrEqual(after);
      const { frees } = await used(after);
      expect(frees.reduce((sum, { calls }) => sum + calls, 0)).toBe(5);
      for (const { inMs } of frees) expect(inMs > 0 && inMs <= after).toBe(true);
    }
  });

  it('never grants more than the quota in any window while the window changes, and always says when to come back', async () => {
    const step = fc.record({ windowMs: fc.constantFrom(30, 120, 400), tries: fc.integer({ min: 1, max: 6 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 12 }), async (steps) => {
        const { takeOf, used } = openQuota(HOUR);
        const granted: number[] = [];
        for (const { windowMs, tries } of steps) {
          const quota = { callsPerWindow: 4, windowMs, callsAtATime: null };
          for (let i = 0; i < tries; i++) {
            const nowMs = await grantedAt(() => takeOf(quota), windowMs);
            granted.push(nowMs);
            const inWindow = granted.filter((atMs) => atMs > nowMs - windowMs);
            expect(inWindow.length).toBeLessThanOrEqual(quota.callsPerWindow);
          }
          for (const { inMs } of (await used(windowMs)).frees) expect(inMs > 0 && inMs <= windowMs).toBe(true);
        }
      }),
      { numRuns: 4 },
    );
  });

  it('takes all of a call that counts as several, or nothing of it', async () => {
    const { take } = openQuota(HOUR);
    expect(await take({ cost: 48 })).toMatchObject({ kind: 'granted', left: 2 });
    expect(await take({ cost: 3 })).toMatchObject({ kind: 'refused' });
    expect(await take({ cost: 2 })).toMatchObject({ kind: 'granted', left: 0 });
  });

  it('bounds the calls at a time, frees the place of one that ends, and that of one whose process died by its lease', async () => {
    const { take, end } = openQuota({ callsPerWindow: null, windowMs: 1_000, callsAtATime: 2 });
    expect(await take({ id: 'a' })).toEqual(expect.objectContaining({ kind: 'granted', left: null }));
    expect(await take({ id: 'b', leaseMs: 200 })).toMatchObject({ kind: 'granted' });
    expect(await take({ id: 'c' })).toMatchObject({ kind: 'refused', because: 'at-a-time' });
    await until('the lease of the second ends', async () => (await take({ id: 'c' })).kind === 'granted');
    expect(await take({ id: 'd' })).toMatchObject({ kind: 'refused' });
    await end('a');
    expect(await take({ id: 'd' })).toMatchObject({ kind: 'granted' });
  });

  it('does not count a call twice that asks again because it never heard the answer', async () => {
    const { take } = openQuota({ ...HOUR, callsAtATime: 1 });
    expect(await take({ id: 'a' })).toMatchObject({ kind: 'granted', left: 49 });
    expect(await take({ id: 'a' })).toMatchObject({ kind: 'granted', left: 49 });
  });

  it('counts calls without a bound too, for one may be set at any time', async () => {
    const { takeOf } = openQuota(HOUR);
    for (let i = 0; i < 5; i++) {
      expect(await takeOf({ ...HOUR, callsPerWindow: null })).toMatchObject({ kind: 'granted', left: null });
    }
    expect(await takeOf({ ...HOUR, callsPerWindow: 6 })).toMatchObject({ kind: 'granted', left: 0 });
    expect(await takeOf({ ...HOUR, callsPerWindow: 6 })).toMatchObject({ kind: 'refused', because: 'exhausted' });
  });

  it('has nothing left, rather than no bound, when a call asks again of a quota that was lowered below its use', async () => {
    const { take, takeOf } = openQuota(HOUR);
    await take({ cost: 9 });
    await takeOf(HOUR, 'again');
    expect(await takeOf({ ...HOUR, callsPerWindow: 5 }, 'again')).toMatchObject({ kind: 'granted', left: 0 });
  });

  it('refuses every call while the upstream asked to wait, and the longest wait stands', async () => {
    const { take, block } = openQuota(HOUR);
    expect(await block(60_000)).toBeGreaterThan(59_000);
    expect(await block(100)).toBeGreaterThan(59_000);
    expect(await take()).toMatchObject({ kind: 'refused', because: 'blocked' });
  });
});
