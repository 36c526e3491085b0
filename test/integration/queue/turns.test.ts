import type { SlotCapacity } from '@sluice/fleet/queue/run/slotCapacity';
import type { Lane } from '@sluice/shared/domain/lane';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { runLanes, unlimitedCapacity } from '../../support/runLanes.js';
import { lanesOf, NO_SWEEP_MS, noteRuns, plainQueue } from './support.js';

describe('turns of the tenants of one process', () => {
  let space: FleetSpace;
  const closers: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    space = await openFleetSpace();
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  afterAll(() => space.close());

  async function fill(lane: Lane, jobs: number): Promise<string[]> {
    const queue = plainQueue(lane, space.redis, space.keys);
    closers.push(() => queue.close());
    const ids = Array.from({ length: jobs }, (_, index) => `job-${index}`);
    await queue.addBulk(ids.map((jobId) => ({ name: 'work', data: {}, opts: { jobId } })));
    return ids.map((id) => `${lane.tenantId}/${id}`);
  }

  /** Opens the lanes in a process whose runners start once all weights are known. */
  async function run(
    lanes: readonly Lane[],
    runs: ReturnType<typeof noteRuns>,
    { concurrency = 6, capacity = unlimitedCapacity(6), weights = [] as readonly number[] } = {},
  ) {
    const options = {
      client: space.redis.client,
      keys: space.keys,
      run: runs.run,
      concurrency,
      capacity,
      sweepMs: NO_SWEEP_MS,
    };
    const running = await runLanes([], options);
    closers.push(() => running.close());
    for (const [index, weight] of weights.entries()) running.intake.setWeight(lanes[index]?.tenantId ?? '', weight);
    running.intake.follow(new Set(lanes.map(({ tenantId, queueClass }) => `${tenantId}.${queueClass}`)));
    return running;
  }

  function countByTenant(names: readonly string[]): Map<string, number> {
    const counts = new Map<string, number>();
    for (const name of names) {
      const tenant = name.slice(0, name.indexOf('/'));
      counts.set(tenant, (counts.get(tenant) ?? 0) + 1);
    }
    return counts;
  }

  it('never run more jobs at once than the process may, and share alike (Jain >= 0.98)', async () => {
    const lanes = lanesOf(30, 'fair');
    const expected = (await Promise.all(lanes.map((lane) => fill(lane, 100)))).flat();
    let active = 0;
    let most = 0;
    const runs = noteRuns(async () => {
      most = Math.max(most, ++active);
      await new Promise((resolve) => setImmediate(resolve));
      active--;
    });
    await run(lanes, runs);
    await runs.wait(expected);
    expect(most).toBeLessThanOrEqual(6);
    expect(most).toBeGreaterThan(1);
    // Half of it: all have work still, so what each has had is its share. The first round is left to those who were found first.
    expect(jain([...countByTenant(runs.all.slice(300, 1_800)).values()])).toBeGreaterThanOrEqual(0.98);
    expect(runs.all.length).toBe(expected.length);
  });

  it('are shared by weight, 1 : 2 : 4 to within a tenth', async () => {
    const lanes = lanesOf(3, 'weighted');
    await Promise.all(lanes.map((lane) => fill(lane, 1_200)));
    const runs = noteRuns();
    await run(lanes, runs, { concurrency: 2, weights: [1, 2, 4] });
    const everything = lanes.flatMap(({ tenantId }) => Array.from({ length: 1_200 }, (_, i) => `${tenantId}/job-${i}`));
    await runs.wait(everything);
    const counts = countByTenant(runs.all.slice(100, 100 + 7 * 8 * 20));
    const one = counts.get('weighted-0') ?? 0;
    for (const [index, weight] of [1, 2, 4].entries()) {
      const share = (counts.get(`weighted-${index}`) ?? 0) / one / weight;
      expect(share).toBeGreaterThan(0.9);
      expect(share).toBeLessThan(1.1);
    }
  });

  it('come to a lone job soon, whatever another tenant has waiting', async () => {
    const lanes = lanesOf(2, 'lone');
    const [big, small] = lanes;
    if (big === undefined || small === undefined) throw new Error('two lanes are needed');
    const expected = await fill(big, 3_000);
    const queue = plainQueue(small, space.redis, space.keys);
    closers.push(() => queue.close());
    const addedAt = new Map<string, number>();
    let adding: Promise<void> | null = null;
    const runs = noteRuns(async (job) => {
      if (job.lane.tenantId === small.tenantId || addedAt.size >= 20 || adding !== null) return;
      adding = queue.add('work', {}, { jobId: `lone-${addedAt.size}` }).then(({ id = '' }) => {
        addedAt.set(id, runs.all.length);
        adding = null;
      });
    });
    await run(lanes, runs, { concurrency: 4 });
    await runs.wait(expected);
    await runs.wait([...addedAt.keys()].map((id) => `${small.tenantId}/${id}`));
    expect(addedAt.size).toBe(20);
    for (const [id, at] of addedAt) {
      const startsBetween = runs.all.indexOf(`${small.tenantId}/${id}`) - at;
      expect(startsBetween).toBeLessThanOrEqual(100);
    }
  });

  it('pass over a tenant without capacity, which is asked no more until it is told that there is some', async () => {
    const lanes = lanesOf(2, 'blocked');
    const [blocked, free] = lanes;
    if (blocked === undefined || free === undefined) throw new Error('two lanes are needed');
    const later = await fill(blocked, 5);
    const now = await fill(free, 300);
    const inner = unlimitedCapacity(2);
    let open = false;
    let asked = 0;
    let taken = 0;
    const mayHave = (tenantId: string): boolean => {
      if (tenantId !== blocked.tenantId) return true;
      asked++;
      return open;
    };
    const capacity: SlotCapacity = {
      ...inner,
      has: mayHave,
      mayHave,
      take(tenantId) {
        if (tenantId === blocked.tenantId) taken++;
        return tenantId === blocked.tenantId && !open ? null : inner.take(tenantId);
      },
    };
    const runs = noteRuns();
    const running = await run(lanes, runs, { concurrency: 2, capacity });
    await runs.wait(now);
    expect(taken).toBe(0);
    expect(asked).toBeLessThan(10);
    expect(runs.all.filter((name) => name.startsWith(blocked.tenantId))).toEqual([]);
    open = true;
    running.intake.capacityFreed(blocked.tenantId);
    await runs.wait(later);
  });
});

/** Jain's index: 1 when all have the same. Jain, Chiu and Hawe, DEC-TR-301, 1984. */
function jain(shares: readonly number[]): number {
  const sum = shares.reduce((all, share) => all + share, 0);
  const squares = shares.reduce((all, share) => all + share * share, 0);
  return sum ** 2 / (shares.length * squares);
}
