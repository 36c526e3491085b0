import { insertJobs } from '@sluice/fleet/postgres/queries/insertJobs';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { createMetrics } from '@sluice/shared/telemetry/metrics';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requeueJobs } from '../../../apps/scaler/src/recover/requeueJobs.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { newJob } from '../../support/newJob.js';

let space: FleetSpace;
let queues: LaneQueues;
const lane = { tenantId: 'acme', queueClass: 'default' } as const;
const leading = { fence: 1, holds: () => true };

beforeAll(async () => {
  space = await openFleetSpace();
  queues = createLaneQueues(space.redis.client, space.keys);
});
afterAll(async () => {
  await queues.close();
  await space.close();
});

it('adds lost jobs once, however often it runs, and leaves fresh ones to those who accepted them', async () => {
  const { db } = space.postgres;
  const workers = { refresh: async () => undefined, whereabouts: () => 'unknown' as const };
  const { redis, keys } = space;
  const log = createLogger('test', { level: 'silent' });
  const parts = { db, redis, keys, queues, workers, hasRoom: async () => true, metrics: createMetrics('test'), log };
  await insertJobs(
    db,
    Array.from({ length: 2_500 }, () => newJob()),
  );
  expect(await requeueJobs(leading, parts)).toBe(0);

  await db.$client.query("UPDATE jobs SET updated_at = now() - interval '3 seconds'");
  expect(await requeueJobs({ fence: 1, holds: () => false }, parts)).toBe(0);
  expect(await requeueJobs(leading, parts)).toBe(2_500);
  expect(await requeueJobs(leading, parts)).toBe(0);

  // A process that died between the add and the mark comes to the same end.
  await db.$client.query(
    "UPDATE jobs SET state = 'accepted', queued_at = NULL, updated_at = now() - interval '3 seconds'",
  );
  expect(await requeueJobs(leading, parts)).toBe(0);
  const { rows } = await db.$client.query("SELECT id FROM jobs WHERE state <> 'queued' OR queued_at IS NULL");
  expect(rows).toEqual([]);
  expect((await queues.counts(lane)).waiting).toBe(2_500);
});
