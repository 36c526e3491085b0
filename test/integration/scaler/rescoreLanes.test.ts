import { insertJobs } from '@sluice/fleet/postgres/queries/insertJobs';
import { readRanks } from '@sluice/fleet/postgres/queries/readRanks';
import { toLanedJob } from '@sluice/fleet/queue/add/jobOptions';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { LanePriorities } from '@sluice/fleet/queue/observe/lanePriorities';
import { createLanePriorities } from '@sluice/fleet/queue/observe/lanePriorities';
import { ERA_S, epochAt, queuePriority, scoreOf } from '@sluice/shared/domain/priority';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rescoreLanes } from '../../../apps/scaler/src/score/rescoreLanes.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { newJob } from '../../support/newJob.js';

const NOW_MS = Date.UTC(2026, 10, 21);
const NEXT_ERA_MS = NOW_MS + ERA_S * 1_000;
const LANE = { tenantId: 'acme', queueClass: 'default' } as const;
const leading = { fence: 1, holds: () => true };

describe('rescoreLanes', () => {
  let space: FleetSpace;
  let queues: LaneQueues;
  let priorities: LanePriorities;
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

  function rescore(nowMs: number, stopAfter = Number.POSITIVE_INFINITY): Promise<number | null> {
    let asked = 0;
    const leadership = { fence: 1, holds: () => ++asked <= stopAfter };
    const { redis, keys, postgres } = space;
    const log = createLogger('test', { level: 'silent' });
    const parts = { client: redis.client, keys, db: postgres.db, priorities, log };
    const pass = { epochS: epochAt(nowMs), name: 'any' };
    return rescoreLanes(stopAfter === Number.POSITIVE_INFINITY ? leading : leadership, pass, parts);
  }

  async function order(): Promise<string[]> {
    return (await priorities.page('acme.default', 'prioritized', 0, 10_000)).map(({ id }) => id);
  }

  it('keeps the order of the queue while an era turns, also when its leader goes in the middle, and puts newcomers where they belong', async () => {
    const rows = Array.from({ length: 2_400 }, (_, index) =>
      newJob({ role: index % 7 === 0 ? 'owner' : 'member', priority: (index * 37) % 101, state: 'queued' }),
    );
    await insertJobs(space.postgres.db, rows);
    await space.postgres.db.$client.query(
      "UPDATE jobs SET ranked_since = to_timestamp($1) - ('x' || substr(md5(id::text), 1, 5))::bit(20)::int / 4 * interval '1 second'",
      [NOW_MS / 1_000],
    );
    const ranks = await readRanks(
      space.postgres.db,
      rows.map(({ id }) => id),
    );
    await queues.add(
      rows.map((row) => {
        const ranked = ranks.get(row.id);
        return toLanedJob({ ...row, rankedSinceMs: ranked?.sinceMs ?? 0, rulePoints: 0, nowMs: NOW_MS });
      }),
    );
    // A plain client's job, which the ledger does not know.
    await queues.queue(LANE).add('plain', {}, { jobId: 'plain', priority: 5 });
    const before = await order();

    expect(await rescore(NEXT_ERA_MS, 1)).toBeNull();
    expect(await order()).toEqual(before);
    expect(await rescore(NEXT_ERA_MS)).toBe(1_401);
    expect(await order()).toEqual(before);
    expect(await rescore(NEXT_ERA_MS)).toBe(0);
    const [first] = await priorities.page('acme.default', 'prioritized', 1, 1);
    const ranked = ranks.get(first?.id ?? '');
    expect(first?.queuePriority).toBe(ranked === undefined ? -1 : queuePriority(ranked, epochAt(NEXT_ERA_MS)));

    const newcomer = newJob({ role: 'owner', priority: 100, state: 'queued' });
    const laned = toLanedJob({ ...newcomer, rankedSinceMs: NOW_MS + 1_000, rulePoints: 0, nowMs: NEXT_ERA_MS });
    await queues.add([laned]);
    const newScore = scoreOf({ role: 'owner', priority: 100, sinceMs: NOW_MS + 1_000, rulePoints: 0 });
    const ahead = [...ranks.values()].filter((other) => scoreOf(other) <= newScore).length;
    expect((await order()).indexOf(newcomer.id)).toBe(ahead + 1);
  });

  it('scores delayed jobs as well, for when they come to wait', async () => {
    const row = newJob({ tenantId: 'globex', state: 'queued', delayMs: 3_600_000 });
    await insertJobs(space.postgres.db, [row]);
    const rank = (await readRanks(space.postgres.db, [row.id])).get(row.id);
    await queues.add([toLanedJob({ ...row, rankedSinceMs: rank?.sinceMs ?? 0, rulePoints: 0, nowMs: NOW_MS })]);
    await rescore(NEXT_ERA_MS);
    const [delayed] = await priorities.page('globex.default', 'delayed', 0, 1);
    expect(delayed?.queuePriority).toBe(rank === undefined ? -1 : queuePriority(rank, epochAt(NEXT_ERA_MS)));
  });
});
