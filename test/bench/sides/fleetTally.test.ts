import { describe, expect, it } from 'vitest';
import { nowMs } from '../harness/childCalls.js';
import { createTally } from './fleetTally.js';

describe('createTally', () => {
  it('says when so many jobs of so many tenants have ended, also when it is asked late', async () => {
    const tally = createTally(3, 0);
    const reached = tally.reach({ jobs: 3, tenants: 2 });
    for (const tenant of [0, 0, 2]) await tally.run(tenant, {});
    await reached;
    await tally.reach({ jobs: 3, tenants: 2 });
    expect(tally.state()).toMatchObject({ done: 3, tenants: 2 });
    tally.reset();
    expect(tally.state()).toEqual({ done: 0, tenants: 0, firstStartMs: null, lastEndMs: null });
  });

  it('times the jobs that say when they were added, and no others', async () => {
    const tally = createTally(1, 0);
    await tally.run(0, { addedMs: nowMs() });
    await tally.run(0, {});
    await tally.run(0, null);
    expect(tally.waits()).toHaveLength(1);
    expect(tally.waits()[0]).toBeGreaterThanOrEqual(0);
  });

  it('counts a race from after the first jobs until one tenant has ended its own', async () => {
    const tally = createTally(2, 0);
    const race = tally.race({ after: 2, first: 3 });
    for (const tenant of [0, 1]) await tally.run(tenant, {});
    // The race is told of its first lap by a promise.
    await Promise.resolve();
    for (const tenant of [0, 1, 0, 0, 1]) await tally.run(tenant, {});
    expect(await race).toEqual([2, 1]);
  });
});
