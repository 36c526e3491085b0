import { claimJobs } from '@sluice/fleet/postgres/queries/claimJobs';
import { readNotedEpochs } from '@sluice/fleet/postgres/queries/redisEpochs';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { readEpochs } from '@sluice/fleet/redis/commands/epochs';
import { readFleetTable } from '@sluice/fleet/redis/commands/fleetTable';
import { heartbeat } from '@sluice/fleet/redis/commands/heartbeat';
import { BUCKETS } from '@sluice/fleet/redis/keys';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deleteKeys } from '../../support/deleteKeys.js';
import type { FleetProcess } from '../../support/fleetProcess.js';
import { startFleetProcess } from '../../support/fleetProcess.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { until } from '../../support/until.js';
import { ageRows, writeQueuedJobs } from '../../support/writeJobs.js';

const TENANTS = Array.from({ length: 40 }, (_, index) => `tenant-${index}`);
const LONG_MS = 60_000;

let space: FleetSpace;
let queues: LaneQueues;
let scalers: FleetProcess[];

beforeEach(async () => {
  space = await openFleetSpace();
  queues = createLaneQueues(space.redis.client, space.keys);
  scalers = [];
});
afterEach(async () => {
  await Promise.all(scalers.map((scaler) => scaler.stop()));
  await queues.close();
  await space.close();
});

async function startScaler(): Promise<FleetProcess> {
  const scaler = await startFleetProcess('scaler', { ...space.environment, SCALER_INTERVAL_MS: '1000' });
  scalers.push(scaler);
  return scaler;
}

const lane = (tenantId: string) => ({ tenantId, queueClass: 'default' as const });

async function waiting(): Promise<number> {
  const counts = await Promise.all(TENANTS.map((tenant) => queues.counts(lane(tenant))));
  return counts.reduce((sum, count) => sum + count.waiting, 0);
}

async function epochsAgree(): Promise<boolean> {
  const [noted, found] = await Promise.all([
    readNotedEpochs(space.postgres.db),
    readEpochs(space.redis.client, space.keys, BUCKETS),
  ]);
  return BUCKETS.every((bucket) => found.get(bucket) !== undefined && found.get(bucket) === noted.get(bucket));
}

function warningsOf(scaler: FleetProcess): unknown[] {
  return scaler.lines.filter(({ level }) => Number(level) >= 40).map(({ msg }) => msg);
}

describe('a leading scaler', () => {
  it('marks the buckets of a new fleet without a word of a loss', async () => {
    const scaler = await startScaler();
    await until('every bucket is marked', epochsAgree, LONG_MS);
    expect(warningsOf(scaler)).toEqual([]);
  });

  it('adds every unfinished job again, in order and with its slots, when Redis was emptied', async () => {
    const scaler = await startScaler();
    await until('every bucket is marked', epochsAgree, LONG_MS);
    const ids = await writeQueuedJobs(space.postgres.db, { tenants: TENANTS, jobs: 4_000 });
    const [delayed = ''] = await writeQueuedJobs(space.postgres.db, {
      tenants: ['tenant-1'],
      jobs: 1,
      delayMs: 900_000,
    });
    await deleteKeys(space.redis.client, space.prefix);

    await until('all wait', async () => (await waiting()) === 4_000, LONG_MS);
    await until('every bucket is marked', epochsAgree, LONG_MS);
    const mine = ids.filter((_, index) => index % TENANTS.length === 1);
    const places = await Promise.all(mine.map((id) => queues.position(lane('tenant-1'), id)));
    expect(places).toEqual(mine.map((_, index) => index + 1));
    expect((await queues.counts(lane('tenant-1'))).delayed).toBe(1);
    const job = await queues.queue(lane('tenant-1')).getJob(delayed);
    expect(job?.delay).toBeGreaterThan(600_000);
    expect(job?.delay).toBeLessThanOrEqual(900_000);
    await until(
      'every tenant has slots',
      async () => (await readFleetTable(space.redis.client, space.keys)).desired.size === TENANTS.length,
      LONG_MS,
    );
    expect(warningsOf(scaler).some((said) => /^Redis lost the data of 64 buckets/.test(String(said)))).toBe(true);
  });

  it('begins again when it is killed midway, and when Redis is emptied midway', async () => {
    await writeQueuedJobs(space.postgres.db, { tenants: TENANTS, jobs: 12_000 });
    const first = await startScaler();
    await until('some wait', async () => (await waiting()) > 0, LONG_MS);
    first.kill('SIGKILL');
    await startScaler();
    await until('the second one adds', async () => (await waiting()) > 6_000, LONG_MS);
    await deleteKeys(space.redis.client, space.prefix);
    await until('all wait', async () => (await waiting()) === 12_000, LONG_MS);
    await until('every bucket is marked', epochsAgree, LONG_MS);
    expect(await waiting()).toBe(12_000);
  });

  it('adds single jobs that Redis lost, and none of another process that lives', async () => {
    const { db } = space.postgres;
    const [lost = '', alive = '', gone = ''] = await writeQueuedJobs(db, { tenants: ['acme'], jobs: 3 });
    await claimJobs(db, [
      { id: alive, tenantId: 'acme', workerId: 'alive' },
      { id: gone, tenantId: 'acme', workerId: 'gone' },
    ]);
    await db.$client.query('UPDATE jobs SET timeout_ms = 3600000');
    await ageRows(db);
    const beat = () => heartbeat(space.redis.client, space.keys, { id: 'alive', lastsMs: 5_000, capacity: 1 });
    await beat();
    await startScaler();
    const held = async (id: string) => (await queues.queue(lane('acme')).getJob(id)) !== undefined;
    await until('the lost one is there', () => held(lost), LONG_MS);
    expect([await held(alive), await held(gone)]).toEqual([false, false]);
    await until(
      'that of the dead process is there',
      async () => {
        await beat();
        return held(gone);
      },
      LONG_MS,
    );
    expect(await held(alive)).toBe(false);
    await queues.remove(lane('acme'), lost);
    await until('it is there again', () => held(lost), LONG_MS);
  });
});
