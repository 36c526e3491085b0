import type { Circuit } from '@sluice/limits';
import { readCircuit } from '@sluice/limits';
import { askCircuit, endReportedCall, noteCall, readQuotaUse, takeQuota } from '@sluice/limits/internal';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';

const QUOTA = { callsPerWindow: null, windowMs: 1_000, callsAtATime: null };

/** Some figures are shorter than a circuit takes to be put and asked, and some longer; none is gone before it is read. */
const settingsOf = fc.record({
  failures: fc.integer({ min: 1, max: 5 }),
  withinMs: fc.constantFrom(1_000, 10_000),
  restMs: fc.constantFrom(5, 60_000),
  probeEveryMs: fc.constantFrom(5, 5_000),
  successes: fc.integer({ min: 1, max: 3 }),
});

/** Moments around now, and some that a clock which was set back has left behind. */
const offset = fc.oneof(fc.integer({ min: -20_000, max: 0 }), fc.integer({ min: -50, max: 50 }), fc.nat(9_000_000));

/** A circuit by moments relative to now. */
const circuits = fc.oneof(
  fc.record({ kind: fc.constant('closed' as const), failuresMs: fc.array(offset, { maxLength: 4 }) }),
  fc.record({ kind: fc.constant('open' as const), openedMs: offset, probeAtMs: offset }),
  fc.record({ kind: fc.constant('half-open' as const), openedMs: offset, probeAtMs: offset, answered: fc.nat(2) }),
);

describe('a circuit in Redis', () => {
  let space: FleetSpace;
  let made = 0;
  beforeAll(async () => {
    space = await openFleetSpace();
  });
  afterAll(() => space.close());

  function open(settings: Parameters<typeof askCircuit>[2]) {
    const { client } = space.redis;
    const owner = { tenantId: `tenant-${made++}`, upstream: 'ga4' };
    const key = space.keys.circuit(owner.tenantId, owner.upstream);
    return {
      key,
      take: (id: string) =>
        takeQuota(client, space.keys, owner, { quota: QUOTA, circuit: settings }, { id, leaseMs: 60_000, cost: 1 }),
      end: (id: string, startedMs: number, outcome: 'answered' | 'failed', isProbe = false) =>
        endReportedCall(client, space.keys, owner, settings, { id, startedMs, isProbe, outcome }),
      /** Makes the circuit so; the call `ended` is under way. */
      async put(circuit: Circuit): Promise<void> {
        const { nowMs } = await readQuotaUse(client, space.keys, owner, 1_000);
        await client.zadd(space.keys.quotaCalls(owner.tenantId, 'ga4'), nowMs + 60_000, 'ended');
        if (circuit.kind !== 'closed') {
          const { openedMs, probeAtMs } = circuit;
          await client.hset(key, { opened: openedMs, probe: probeAtMs });
          if (circuit.kind === 'half-open') await client.hset(key, { answered: circuit.answered });
        } else if (circuit.failuresMs.length > 0) {
          await client.hset(key, { failures: circuit.failuresMs.join(' ') });
        }
      },
      now: async () => (await readQuotaUse(client, space.keys, owner, 1_000)).nowMs,
      read: () => readCircuit(client, space.keys, owner),
      leftMs: () => client.pttl(key),
    };
  }

  const placed = (circuit: Circuit, nowMs: number): Circuit => {
    if (circuit.kind === 'closed') {
      return { ...circuit, failuresMs: circuit.failuresMs.map((atMs) => nowMs + atMs) };
    }
    return { ...circuit, openedMs: nowMs + circuit.openedMs, probeAtMs: nowMs + circuit.probeAtMs };
  };

  it('answers a call, and is after it, as the pure decision says, whatever it was', async () => {
    await fc.assert(
      fc.asyncProperty(circuits, settingsOf, async (relative, settings) => {
        const { put, take, read, now } = open(settings);
        const before = placed(relative, await now());
        await put(before);
        const answer = await take('asks');
        const decided = askCircuit(before, answer.nowMs, settings);
        expect(await read()).toEqual(decided.circuit);
        if (decided.answer.kind === 'waits') {
          expect(answer).toMatchObject({ kind: 'refused', because: 'circuit', retryInMs: decided.answer.retryInMs });
          return;
        }
        const first = before.kind === 'open' ? 'first' : 'next';
        expect(answer).toMatchObject({ kind: 'granted', probe: decided.answer.kind === 'passes' ? 'none' : first });
      }),
      { numRuns: 300 },
    );
  });

  it('is after the end of a call as the pure decision says, whatever it was', async () => {
    const calls = fc.record({
      outcome: fc.constantFrom('answered' as const, 'failed' as const),
      isProbe: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        circuits,
        settingsOf,
        offset,
        calls,
        async (relative, settings, started, { outcome, isProbe }) => {
          const { put, end, read, now } = open(settings);
          const nowMs = await now();
          const before = placed(relative, nowMs);
          const startedMs = nowMs + started;
          await put(before);
          const ended = await end('ended', startedMs, outcome, isProbe);
          const after = noteCall(before, { startedMs, isProbe, outcome }, ended.nowMs, settings);
          // A circuit whose latest failure is older than the window is forgotten, with the same effect.
          if (after.kind !== 'closed' || after !== before) expect(await read()).toEqual(after);
          const isChanged = after !== before && after.kind !== before.kind;
          const reopened = before.kind === 'half-open' && after.kind === 'open';
          expect(ended.change).toBe(isChanged || reopened ? (after.kind === 'open' ? 'opened' : 'closed') : 'none');
        },
      ),
      { numRuns: 300 },
    );
  });

  it('lets one call of a thousand that race through as a probe', async () => {
    const settings = { failures: 1, withinMs: 1_000, restMs: 1, probeEveryMs: 600_000, successes: 1 };
    const { take, put, now } = open(settings);
    const nowMs = await now();
    await put({ kind: 'open', openedMs: nowMs - 10, probeAtMs: nowMs - 5 });
    const answers = await Promise.all(Array.from({ length: 1_000 }, (_, index) => take(`call ${index}`)));
    expect(answers.filter(({ kind }) => kind === 'granted')).toHaveLength(1);
  });

  it('notes each call once, however often its end is told', async () => {
    const settings = { failures: 2, withinMs: 60_000, restMs: 60_000, probeEveryMs: 1_000, successes: 1 };
    const { take, end, read } = open(settings);
    const { nowMs } = await take('one');
    for (let i = 0; i < 5; i++) await end('one', nowMs, 'failed');
    expect(await read()).toMatchObject({ kind: 'closed', failuresMs: [expect.any(Number)] });
    await take('two');
    expect(await end('two', nowMs, 'failed')).toMatchObject({ change: 'opened' });
  });

  it('refuses a probe that asks again because it never heard its answer, and keeps no place for it', async () => {
    const settings = { failures: 1, withinMs: 1_000, restMs: 1, probeEveryMs: 600_000, successes: 1 };
    const { take, put, now, end } = open(settings);
    const nowMs = await now();
    await put({ kind: 'open', openedMs: nowMs - 10, probeAtMs: nowMs - 5 });
    expect(await take('probe')).toMatchObject({ kind: 'granted', probe: 'first' });
    expect(await take('probe')).toMatchObject({ kind: 'refused', because: 'circuit' });
    expect(await end('probe', nowMs, 'failed')).toMatchObject({ change: 'none' });
  });

  it('is forgotten by itself: failures with their window, an open circuit some time after its rest', async () => {
    const settings = { failures: 2, withinMs: 30_000, restMs: 60_000, probeEveryMs: 5_000, successes: 1 };
    const { take, end, leftMs } = open(settings);
    const { nowMs } = await take('one');
    await take('two');
    await end('one', nowMs, 'failed');
    const left = await leftMs();
    expect(left > 0 && left <= 30_000).toBe(true);
    await end('two', nowMs, 'failed');
    const rest = await leftMs();
    expect(rest > 60_000 && rest <= 660_000).toBe(true);
  });
});
