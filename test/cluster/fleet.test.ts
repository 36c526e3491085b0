import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneSchedulers } from '@sluice/fleet/queue/add/laneSchedulers';
import { mastersOf } from '@sluice/fleet/redis/client';
import { readFleetTable } from '@sluice/fleet/redis/commands/fleetTable';
import { registerLanes } from '@sluice/fleet/redis/commands/registerLanes';
import { ownerOf } from '@sluice/fleet/redis/slotOwner';
import { bucketOf } from '@sluice/shared/domain/lane';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { Queue } from 'bullmq';
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restoreSchedules } from '../../apps/scaler/src/recover/restoreSchedules.js';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import type { HttpClient } from '../support/httpClient.js';
import type { RedisCluster } from '../support/redisCluster.js';
import { startRedisCluster } from '../support/redisCluster.js';
import { until, untilDrained } from '../support/until.js';

const OPERATOR_KEY = 'the-operator-key-of-this-test';
const PROBE = { task: 'system.probe', data: {} };
const TENANTS = Array.from({ length: 24 }, (_, index) => `tenant-${index}`);

type JobCounts = Readonly<Record<string, number>>;

describe('a fleet on a Redis Cluster of three masters', () => {
  let cluster: RedisCluster;
  let fleet: Fleet;
  const users = new Map<string, HttpClient>();
  const submitted = new Map<string, string[]>();
  beforeAll(async () => {
    cluster = await startRedisCluster();
    fleet = await startFleet({}, cluster.config);
    for (const tenant of TENANTS) users.set(tenant, await fleet.tenant(tenant));
    await fleet.start('scaler', { SCALER_INTERVAL_MS: '500', SCALER_STABILISATION_MS: '1000' });
  });
  afterAll(async () => {
    await fleet?.close();
    await cluster?.stop();
  });

  it('accepts jobs of tenants whose buckets are on every master, and tells each its place', async () => {
    const owners = TENANTS.map((tenant) => ownerOf(fleet.space.redis.client, fleet.space.keys.queuePrefix(tenant)));
    expect(new Set(owners)).toEqual(new Set(mastersOf(fleet.space.redis.client)));
    expect(new Set(TENANTS.map(bucketOf)).size).toBeGreaterThan(15);
    for (const [tenant, user] of users) {
      const one = await user.expect(202, 'POST', '/api/v1/jobs', PROBE);
      const two = await user.expect(202, 'POST', '/api/v1/jobs', PROBE);
      const { results } = (await user.expect(207, 'POST', '/api/v1/jobs/batch', {
        jobs: Array.from({ length: 3 }, () => PROBE),
      })) as { results: { id: string }[] };
      expect([one.state, one.position, two.position]).toEqual(['queued', 1, 2]);
      submitted.set(tenant, [String(one.id), String(two.id), ...results.map(({ id }) => id)]);
    }
  });

  it('takes a waiting job out of its lane when it is cancelled', async () => {
    const [user, ids] = [users.get('tenant-0'), submitted.get('tenant-0')];
    const last = ids?.pop();
    expect(await user?.expect(202, 'DELETE', `/api/v1/jobs/${last}`)).toMatchObject({ state: 'cancelled' });
    // The ledger is told a little later that jobs are queued.
    await until('the others are counted as queued', async () => {
      const queue = (await user?.expect(200, 'GET', '/api/v1/queue')) as { counts: { byState: JobCounts } } | undefined;
      return queue?.counts.byState.queued === 4;
    });
  });

  it('shows every lane with its counts on the board', async () => {
    const dashboard = await fleet.start('dashboard', { SLUICE_OPERATOR_KEY: OPERATOR_KEY });
    const login = await fetch(`${dashboard.url}/login`, {
      method: 'POST',
      headers: { origin: dashboard.url },
      redirect: 'manual',
      body: new URLSearchParams({ key: OPERATOR_KEY, next: '/' }),
    });
    const cookie = login.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
    const page = await (await fetch(dashboard.url, { headers: { cookie, accept: 'text/html' } })).text();
    expect(page).toContain('<html');
    const lanes = await until('every lane on the board', async () => {
      const answer = await fetch(`${dashboard.url}/api/queues?page=1&jobsPerPage=10`, { headers: { cookie } });
      const { queues } = (await answer.json()) as { queues: { name: string; counts: Record<string, number> }[] };
      return queues.length === TENANTS.length ? queues : null;
    });
    for (const { name, counts } of lanes) {
      expect([name, counts.prioritized]).toEqual([name, name === 'tenant-0.default' ? 4 : 5]);
    }
  });

  it('runs every job once there are workers, each by its id in the ledger', async () => {
    await Promise.all([fleet.start('worker'), fleet.start('worker')]);
    const ids = [...submitted.values()].flat();
    const { $client } = fleet.space.postgres.db;
    await untilDrained('all are completed', async () => {
      const { rows } = await $client.query<{ id: string }>("SELECT id FROM jobs WHERE state = 'completed'");
      const done = new Set(rows.map(({ id }) => id));
      return ids.filter((id) => !done.has(id)).length;
    });
    const { rows } = await $client.query('SELECT job_id FROM attempts GROUP BY job_id HAVING count(*) > 1');
    expect(rows).toEqual([]);
  });

  it('gives a flooded tenant five slots, and leaves another at one', async () => {
    const flooded = await fleet.tenant('flooded');
    const job = { task: 'system.probe', data: { sleepMs: 400 } };
    await flooded.expect(207, 'POST', '/api/v1/jobs/batch', { jobs: Array.from({ length: 60 }, () => job) });
    const desired = async (tenant: string) =>
      (await readFleetTable(fleet.space.redis.client, fleet.space.keys)).desired.get(tenant);
    await until('it has five', async () => (await desired('flooded')) === 5);
    await until('five run at once', async () => {
      const { counts } = (await flooded.expect(200, 'GET', '/api/v1/queue')) as {
        counts: { byState: { active?: number } };
      };
      return (counts.byState.active ?? 0) >= 5;
    });
    expect(await desired('tenant-1')).toBe(1);
    await until('its queue is empty and it is back at one', async () => (await desired('flooded')) === 1);
  });

  it('runs what a plain BullMQ client adds with a Cluster connection of its own', async () => {
    const user = await fleet.tenant('plain');
    const { space } = fleet;
    const url = new URL(cluster.config.url);
    const connection = new Cluster([{ host: url.hostname, port: Number(url.port) }], {
      redisOptions: { password: url.password, maxRetriesPerRequest: null },
    });
    const queue = new Queue('plain.default', { connection, prefix: space.keys.queuePrefix('plain') });
    await registerLanes(space.redis.client, space.keys, [{ tenantId: 'plain', name: 'plain.default', jobs: 0 }]);
    const { id = '' } = await queue.add('system.probe', { note: 'from outside' }, { priority: 5 });
    await until('the ledger has it completed', async () => {
      const { jobs } = (await user.expect(200, 'GET', '/api/v1/jobs?state=completed')) as { jobs: unknown[] };
      return jobs.length === 1;
    });
    expect(await queue.getJobState(id)).toBe('completed');
    await queue.close();
    connection.disconnect();
  });

  it('stops a running job that is cancelled', async () => {
    const user = await fleet.tenant('stopped');
    const { id } = await user.expect(202, 'POST', '/api/v1/jobs', { task: 'system.probe', data: { sleepMs: 600_000 } });
    await until('it runs', async () => (await user.expect(200, 'GET', `/api/v1/jobs/${id}`)).state === 'active');
    await user.expect(202, 'DELETE', `/api/v1/jobs/${id}`);
    await until('it stopped', async () => (await user.expect(200, 'GET', `/api/v1/jobs/${id}`)).state === 'cancelled');
  });

  it('buries a dead job, and runs it again when it is driven back', async () => {
    const user = await fleet.tenant('mortal');
    const { id } = await user.expect(202, 'POST', '/api/v1/jobs', {
      task: 'system.probe',
      data: { fail: 'permanent', failTimes: 1 },
    });
    const letter = await until('its dead letter', async () => {
      const { deadLetters } = (await user.expect(200, 'GET', '/api/v1/dead-letters')) as {
        deadLetters: { id: string }[];
      };
      return deadLetters[0];
    });
    await until('its note is in its queue', async () =>
      (await readFleetTable(fleet.space.redis.client, fleet.space.keys)).lanes.includes('mortal.dead_letters'),
    );
    await user.expect(202, 'POST', `/api/v1/dead-letters/${letter.id}/redrive`);
    await until(
      'it completes',
      async () => (await user.expect(200, 'GET', `/api/v1/jobs/${id}`)).state === 'completed',
    );
  });

  it('runs schedules, and makes those anew that a master has lost', async () => {
    const { redis, keys, postgres } = fleet.space;
    const names = Array.from({ length: 6 }, (_, index) => `timed-${index}`);
    const ids: string[] = [];
    for (const name of names) {
      const user = await fleet.tenant(name);
      ids.push(String((await user.expect(201, 'POST', '/api/v1/schedules', { ...PROBE, everyMs: 1_000 })).id));
    }
    const ranOf = async (tenant: string): Promise<number> => {
      const { rows } = await postgres.db.$client.query(
        "SELECT 1 FROM jobs WHERE tenant_id = $1 AND state = 'completed'",
        [tenant],
      );
      return rows.length;
    };
    for (const name of names) await until(`${name} ran`, async () => (await ranOf(name)) > 0, 60_000);

    for (const name of names) for (const key of await laneKeys(name)) await redis.client.del(key);
    await postgres.db.$client.query("UPDATE schedules SET created_at = created_at - interval '10 seconds'");
    const queues = createLaneQueues(redis.client, keys);
    const log = createLogger('test', { level: 'silent' });
    const deps = { db: postgres.db, redis, keys, queues, log };
    const before = await ranOf('timed-0');
    await restoreSchedules({ fence: 1, holds: () => true }, deps);
    await until('it runs again', async () => (await ranOf('timed-0')) > before, 60_000);
    await postgres.db.$client.query('DELETE FROM schedules WHERE id = ANY($1)', [ids]);
    await restoreSchedules({ fence: 1, holds: () => true }, deps);
    const lanes = names.map((tenantId, index) => ({ tenantId, queueClass: 'default', id: ids[index] ?? '' }));
    expect(await createLaneSchedulers(redis.client, keys, queues).nextRuns(lanes)).toEqual(ids.map(() => null));
    await queues.close();
  });

  it('leaves nothing of a tenant that is deleted on any master', async () => {
    const user = await fleet.tenant('gone');
    const job = { ...PROBE, delayMs: 600_000 };
    await user.expect(207, 'POST', '/api/v1/jobs/batch', { jobs: [job, job] });
    expect(await laneKeys('gone')).not.toEqual([]);
    expect((await fleet.operator.call('DELETE', '/api/v1/admin/tenants/gone')).status).toBe(204);
    await until('its keys are gone', async () => (await laneKeys('gone')).length === 0);
    expect((await readFleetTable(fleet.space.redis.client, fleet.space.keys)).lanes).not.toContain('gone.default');
  });

  async function laneKeys(tenant: string): Promise<string[]> {
    const pattern = `${fleet.space.keys.queuePrefix(tenant)}:${tenant}.*`;
    const found = await Promise.all(mastersOf(fleet.space.redis.client).map((master) => master.keys(pattern)));
    return found.flat();
  }
});
