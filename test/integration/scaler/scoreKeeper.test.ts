import { insertJobs } from '@sluice/fleet/postgres/queries/insertJobs';
import { readRanks } from '@sluice/fleet/postgres/queries/readRanks';
import { toLanedJob } from '@sluice/fleet/queue/add/jobOptions';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { LanePriorities } from '@sluice/fleet/queue/observe/lanePriorities';
import { createLanePriorities } from '@sluice/fleet/queue/observe/lanePriorities';
import { ERA_S, epochAt, queuePriority } from '@sluice/shared/domain/priority';
import { createLogger } from '@sluice/shared/telemetry/logger';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createScoreKeeper } from '../../../apps/scaler/src/score/scoreKeeper.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { newJob } from '../../support/newJob.js';

/** A turn of eras; before it numbers count from one epoch, after it from the next. */
const TURN_MS = Math.ceil(Date.UTC(2026, 10, 21) / 1_000 / ERA_S) * ERA_S * 1_000;
const BEFORE_MS = TURN_MS - 3_600_000;
const AFTER_MS = TURN_MS + 120_000;

const arrival = fc.record({
  role: fc.constantFrom('owner', 'admin', 'member', 'viewer'),
  priority: fc.integer({ min: 0, max: 100 }),
  rulePoints: fc.integer({ min: -5_000, max: 5_000 }),
  waitsS: fc.integer({ min: 0, max: 500_000 }),
});

let space: FleetSpace;
let queues: LaneQueues;
let priorities: LanePriorities;
let tenants = 0;
beforeAll(async () => {
  space = await openFleetSpace();
  queues = createLaneQueues(space.redis.client, space.keys);
  priorities = createLanePriorities(space.redis.client, space.keys);
});
afterAll(async () => {
  await priorities.close();
  await queues.close();
  await space.close();
});

type Arrival = typeof arrival extends fc.Arbitrary<infer One> ? One : never;

/** Jobs that came before a moment, as a producer of that moment adds them. */
async function arrive(tenantId: string, arrivals: readonly Arrival[], nowMs: number): Promise<void> {
  const rows = arrivals.map(({ role, priority, rulePoints }) =>
    newJob({ tenantId, role, priority, rulePoints, state: 'queued' }),
  );
  await insertJobs(space.postgres.db, rows);
  for (const [index, { id }] of rows.entries()) {
    const sinceS = Math.floor(nowMs / 1_000) - (arrivals[index]?.waitsS ?? 0);
    await space.postgres.db.$client.query('UPDATE jobs SET ranked_since = to_timestamp($2) WHERE id = $1', [
      id,
      sinceS,
    ]);
  }
  const ids = rows.map(({ id }) => id);
  const ranks = await readRanks(space.postgres.db, ids);
  const laned = rows.flatMap((row) => {
    const rank = ranks.get(row.id);
    return rank === undefined
      ? []
      : toLanedJob({ ...row, rulePoints: rank.rulePoints, rankedSinceMs: rank.sinceMs, nowMs });
  });
  await queues.add(laned);
}

function keeper(nowMs: number, change: Partial<LanePriorities> = {}) {
  const { redis, keys, postgres } = space;
  const log = createLogger('test', { level: 'silent' });
  const parts = { client: redis.client, keys, db: postgres.db, priorities: { ...priorities, ...change }, log };
  return createScoreKeeper(parts, () => nowMs);
}

/** The numbers of a lane in its order, beside those that its jobs should have. */
async function numbers(tenantId: string, nowMs: number): Promise<{ has: number[]; wanted: number[] }> {
  const page = await priorities.page(`${tenantId}.default`, 'prioritized', 0, 1_000);
  const ids = page.map(({ id }) => id);
  const ranks = await readRanks(space.postgres.db, ids);
  const wanted = ids.map((id) => {
    const rank = ranks.get(id);
    return rank === undefined ? -1 : queuePriority(rank, epochAt(nowMs));
  });
  return { has: page.map(({ queuePriority: number }) => number), wanted };
}

it('brings a lane into the order of the score, whatever comes while it is scored, and whoever leads', async () => {
  const few = fc.array(arrival, { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(few, few, fc.nat(4), async (waiting, coming, lostAfter) => {
      const tenantId = `t${++tenants}00`;
      await arrive(tenantId, waiting, BEFORE_MS);
      let came = false;
      const change: LanePriorities['change'] = async (lane, jobs) => {
        if (!came && lane.startsWith(tenantId)) {
          came = true;
          await arrive(tenantId, coming, TURN_MS + 1_000);
        }
        await priorities.change(lane, jobs);
      };
      let asked = 0;
      await keeper(AFTER_MS, { change })({ fence: 1, holds: () => ++asked <= lostAfter });
      const next = keeper(AFTER_MS, { change });
      for (let pass = 0; pass < 4; pass++) await next({ fence: 2, holds: () => true });
      // The pass that found nothing is over; what comes later has the numbers of the new era by itself.
      await space.redis.client.del(space.keys.scoringPass);
      if (!came) await arrive(tenantId, coming, TURN_MS + 1_000);
      const { has, wanted } = await numbers(tenantId, AFTER_MS);
      expect(has).toEqual(wanted);
      expect(has).toEqual(has.toSorted((a, b) => a - b));
      expect(has).toHaveLength(waiting.length + coming.length);
    }),
    { numRuns: 10, endOnFailure: true },
  );
});

it('asks one thing of Redis when there is nothing to do', async () => {
  await arrive('calm', [{ role: 'member', priority: 50, rulePoints: 0, waitsS: 0 }], AFTER_MS);
  let pages = 0;
  const page: LanePriorities['page'] = (...asked) => {
    pages++;
    return priorities.page(...asked);
  };
  const keep = keeper(AFTER_MS, { page });
  const leading = { fence: 3, holds: () => true };
  await keep(leading);
  await keep(leading);
  const before = pages;
  expect(before).toBeGreaterThan(0);
  for (let look = 0; look < 10; look++) await keep(leading);
  expect(pages).toBe(before);
});
