import type { ScheduleRow } from '@sluice/fleet/postgres/queries/schedules';
import { deleteSchedule, insertSchedule } from '@sluice/fleet/postgres/queries/schedules';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { LaneSchedulers } from '@sluice/fleet/queue/add/laneSchedulers';
import { createLaneSchedulers } from '@sluice/fleet/queue/add/laneSchedulers';
import { bucketOf, laneName } from '@sluice/shared/domain/lane';
import { newId } from '@sluice/shared/ids/ids';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { createMetrics } from '@sluice/shared/telemetry/metrics';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { restoreSchedules } from '../../../apps/scaler/src/recover/restoreSchedules.js';
import { retireUnusedLanes } from '../../../apps/scaler/src/retain/retireLanes.js';
import { deleteKeys } from '../../support/deleteKeys.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { newSchedule } from '../../support/newSchedule.js';
import { plainQueue } from '../queue/support.js';

const log = createLogger('test', { level: 'silent' });
const leading = { fence: 1, holds: () => true };
const lane = { tenantId: 'acme', queueClass: 'default' } as const;

describe('restoreSchedules', () => {
  let space: FleetSpace;
  let queues: LaneQueues;
  let schedulers: LaneSchedulers;
  const tenants = ['acme', ...Array.from({ length: 30 }, (_, index) => `tenant-${index}`)];
  beforeAll(async () => {
    space = await openFleetSpace();
    queues = createLaneQueues(space.redis.client, space.keys);
    schedulers = createLaneSchedulers(space.redis.client, space.keys, queues);
    for (const id of tenants) {
      await query("INSERT INTO tenants (id, name, signing_secret) VALUES ($1, $1, '')", [id]);
    }
  });
  beforeEach(async () => {
    await deleteKeys(space.redis.client, space.prefix);
    await query('DELETE FROM schedules');
    await query('UPDATE tenants SET deleted_at = NULL');
  });
  afterAll(async () => {
    await queues.close();
    await space.close();
  });

  const query = (text: string, values: unknown[] = []) => space.postgres.db.$client.query(text, values);
  const restore = (leadership = leading) =>
    restoreSchedules(leadership, { db: space.postgres.db, redis: space.redis, keys: space.keys, queues, log });

  /** A schedule of the ledger that is old enough to be missed. */
  async function written(change: Parameters<typeof newSchedule>[0] = {}): Promise<ScheduleRow> {
    const inserted = await insertSchedule(space.postgres.db, newSchedule(change), 1_000);
    if (inserted.kind !== 'inserted') throw new Error(inserted.kind);
    const { rows } = await query(
      "UPDATE schedules SET created_at = created_at - interval '1 hour 7 seconds' WHERE id = $1 RETURNING created_at",
      [inserted.row.id],
    );
    return { ...inserted.row, createdAt: rows[0].created_at };
  }

  /** Everything that Redis holds of the lanes. */
  async function dump(): Promise<Record<string, unknown>> {
    const { client } = space.redis;
    const names = (await client.keys(`*${space.prefix}*`)).filter((name) => !name.endsWith(':events')).sort();
    return Object.fromEntries(await Promise.all(names.map(async (name) => [name, (await client.dump(name)) ?? ''])));
  }

  it('makes every schedule anew when Redis is empty, with the same next runs, and then finds nothing to do', async () => {
    const rows: ScheduleRow[] = [];
    for (const tenantId of tenants) {
      rows.push(await written({ tenantId, everyMs: 3_600_000 }));
      rows.push(await written({ tenantId, everyMs: null, cron: '0 3 * * *', timezone: 'Asia/Tokyo' }));
    }
    expect(await restore()).toBe(rows.length);
    const before = await schedulers.nextRuns(rows);
    expect(before.every((nextMs) => nextMs !== null && nextMs > Date.now())).toBe(true);
    const [everyMs = 0] = before;
    expect(((everyMs ?? 0) - (rows[0]?.createdAt.getTime() ?? 0)) % 3_600_000).toBe(0);

    const held = await dump();
    expect(await restore()).toBe(0);
    expect(await dump()).toEqual(held);

    await deleteKeys(space.redis.client, space.prefix);
    expect(await restore()).toBe(rows.length);
    expect(await schedulers.nextRuns(rows)).toEqual(before);
    // Workers find the lanes again.
    expect(await space.redis.client.zscore(space.keys.registry(bucketOf('acme')), laneName(lane))).not.toBeNull();
  });

  it('comes to one job each when two leaders do it at once', async () => {
    const rows: ScheduleRow[] = [];
    for (let i = 0; i < 20; i++) rows.push(await written());
    await Promise.all([restore(), restore(), restore()]);
    expect((await queues.counts(lane)).delayed).toBe(rows.length);
    const queue = plainQueue(lane, space.redis, space.keys);
    expect(await queue.getJobSchedulersCount()).toBe(rows.length);
    await queue.close();
  });

  it('leaves a fresh schedule to the producer that accepted it, and everything when it does not lead', async () => {
    await insertSchedule(space.postgres.db, newSchedule(), 1_000);
    expect(await restore()).toBe(0);
    await written();
    expect(await restore({ fence: 1, holds: () => false })).toBe(0);
  });

  it('removes what was deleted while Redis was away, with its job, and leaves schedulers of plain clients', async () => {
    const stays = await written();
    const goes = await written();
    const left = await written({ tenantId: 'tenant-1' });
    await restore();
    const queue = plainQueue(lane, space.redis, space.keys);
    await queue.upsertJobScheduler('mine', { every: 3_600_000, offset: 1 }, { name: 'system.probe' });
    await queue.upsertJobScheduler(newId(), { every: 3_600_000, offset: 1 }, { name: 'system.probe' });
    await deleteSchedule(space.postgres.db, 'acme', goes.id);
    await query("UPDATE tenants SET deleted_at = now() WHERE id = 'tenant-1'");
    expect(await restore()).toBe(2);
    expect(await schedulers.nextRuns([stays, goes, left])).toEqual([expect.any(Number), null, null]);
    expect(await queue.getJobSchedulersCount()).toBe(3);
    expect((await queues.counts(lane)).delayed).toBe(3);
    expect(await restore()).toBe(0);
    await queue.close();
  });

  it('brings a schedule on again whose next job is gone or over', async () => {
    const [lost, over] = [await written(), await written({ everyMs: null, cron: '0 0 1 1 *', timezone: 'UTC' })];
    await restore();
    const queue = plainQueue(lane, space.redis, space.keys);
    const next = await schedulers.nextRuns([lost, over]);
    const { client } = space.redis;
    const idOf = (row: ScheduleRow, index: number) => `repeat:sluice-${row.id}:${next[index]}`;
    await client.del(queue.toKey(idOf(lost, 0)));
    await client.zrem(queue.toKey('delayed'), idOf(lost, 0));
    await client.hset(queue.toKey(idOf(over, 1)), 'finishedOn', '1');
    await client.zrem(queue.toKey('delayed'), idOf(over, 1));
    expect((await queues.counts(lane)).delayed).toBe(0);
    expect(await restore()).toBeGreaterThan(0);
    expect((await queues.counts(lane)).delayed).toBeGreaterThan(0);
    const [again] = await schedulers.nextRuns([lost]);
    expect(((again ?? 0) - lost.createdAt.getTime()) % 3_600_000).toBe(0);
    await queue.close();
  });

  it('does not touch one that runs or waits, however late it is', async () => {
    const row = await written();
    await restore();
    const queue = plainQueue(lane, space.redis, space.keys);
    const [job] = await queue.getDelayed();
    await job?.promote();
    const held = await dump();
    expect(await restore()).toBe(0);
    expect(await dump()).toEqual(held);
    expect(await schedulers.nextRuns([row])).not.toEqual([null]);
    await queue.close();
  });

  it('is not undone by the retirement of lanes: one with a schedule stays', async () => {
    await written();
    await restore();
    const { redis, keys } = space;
    expect(await retireUnusedLanes(leading, 0, { redis, keys, metrics: createMetrics('test'), log })).toBe(0);
    const rows = (await query('DELETE FROM schedules RETURNING id')).rows;
    expect(rows).toHaveLength(1);
    await restore();
    expect(await retireUnusedLanes(leading, 0, { redis, keys, metrics: createMetrics('test'), log })).toBe(1);
  });
});
