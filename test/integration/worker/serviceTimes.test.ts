import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { openTestLane } from './support.js';

let space: FleetSpace;
beforeAll(async () => {
  space = await openFleetSpace();
});
afterAll(() => space.close());

it('counts the place that a job kept, but not how long a ledger was away', async () => {
  let nowMs = 0;
  let toSettleMs = 20;
  const noted: number[] = [];
  const lane = openTestLane(space, {
    tenantId: 'slow-ledger',
    handler: async () => {
      nowMs += 40;
    },
    // The last that is told of an attempt before it is settled.
    measures: {
      ended: () => {
        nowMs += toSettleMs;
      },
    },
    monotonicMs: () => nowMs,
    noteServiceMs: (ms) => noted.push(ms),
  });
  await lane.reaches(await lane.submit(), 'completed');
  toSettleMs = 60_000;
  await lane.reaches(await lane.submit(), 'completed');
  await lane.close();
  expect(noted).toEqual([60, 1_040]);
});
