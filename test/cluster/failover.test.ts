import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { ownerOf } from '@sluice/fleet/redis/slotOwner';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import type { FleetProcess } from '../support/fleetProcess.js';
import type { HttpClient } from '../support/httpClient.js';
import type { RedisCluster } from '../support/redisCluster.js';
import { startRedisCluster } from '../support/redisCluster.js';
import { untilDrained } from '../support/until.js';

/** Short locks, so that a job whose lock was lost with a master is noticed soon. */
const QUICK = { JOB_LOCK_MS: '5000', STALLED_CHECK_MS: '500', SCALER_INTERVAL_MS: '500' };

describe('a fleet on a Redis Cluster whose masters die one after the other', () => {
  let cluster: RedisCluster;
  let fleet: Fleet;
  let scaler: FleetProcess;
  const users = new Map<string, HttpClient>();
  beforeAll(async () => {
    cluster = await startRedisCluster(1);
    fleet = await startFleet(QUICK, cluster.config);
    [scaler] = await Promise.all([fleet.start('scaler'), fleet.start('worker'), fleet.start('worker')]);
    for (let index = 0; index < 12; index++) users.set(`tenant-${index}`, await fleet.tenant(`tenant-${index}`));
  });
  afterAll(async () => {
    await fleet?.close();
    await cluster?.stop();
  });

  it("goes on with every job when a tenant's master dies", async () => {
    const { keys, redis } = fleet.space;
    // Each master is killed once, as each has one replica. The one that the URL names, which owns `b`, is among them.
    const prefixes = [...users.keys()].map((tenant) => keys.queuePrefix(tenant));
    const known = ownerOf(redis.client, keys.workers);
    const other = ['b', ...prefixes].find((key) => ownerOf(redis.client, key) !== known);
    await survive(() => cluster.killOwnerOf(other ?? ''));
  });

  it('goes on when the master dies that knows the workers and the leader', async () => {
    await survive(() => cluster.killOwnerOf(fleet.space.keys.workers));
  });

  it('brings single jobs back that a master lost, and disturbs no other', async () => {
    const { redis, keys, postgres } = fleet.space;
    const queues = createLaneQueues(redis.client, keys);
    const ids = await submitDelayed();
    for (const [index, tenantId] of [...users.keys()].slice(0, 4).entries()) {
      expect(await queues.remove({ tenantId, queueClass: 'default' }, ids[index] ?? '')).toBe(true);
    }
    await queues.close();
    await untilCompleted(ids);
    const { rows } = await postgres.db.$client.query('SELECT id FROM jobs WHERE id = ANY($1) AND fence <> 1', [ids]);
    expect(rows).toEqual([]);
  });

  it('brings the jobs of all its buckets back when one master is emptied', async () => {
    const { redis, keys } = fleet.space;
    const ids = await submitDelayed();
    await ownerOf(redis.client, keys.queuePrefix('tenant-0')).flushall();
    await untilCompleted(ids);
    const said = scaler.lines.map(({ msg }) => String(msg));
    expect(said).toContainEqual(expect.stringMatching(/^Redis lost the data of [1-5]?[0-9] buckets/));
  });

  async function submitDelayed(): Promise<string[]> {
    const ids: string[] = [];
    for (const user of users.values()) {
      const job = { task: 'system.probe', data: { sleepMs: 300 }, delayMs: 3_000 };
      ids.push(String((await user.expect(202, 'POST', '/api/v1/jobs', job)).id));
    }
    return ids;
  }

  /** Jobs that wait and run when it happens, and jobs that are accepted meanwhile and later, are all completed. */
  async function survive(disaster: () => Promise<void>): Promise<void> {
    const ids: string[] = [];
    const submitAll = async (): Promise<void> => {
      for (const user of users.values()) {
        const answer = await user.expect(202, 'POST', '/api/v1/jobs', { task: 'system.probe', data: { sleepMs: 300 } });
        ids.push(String(answer.id));
      }
    };
    for (let round = 0; round < 5; round++) await submitAll();
    const happens = disaster();
    await submitAll();
    await happens;
    await submitAll();
    await untilCompleted(ids);
  }

  async function untilCompleted(ids: readonly string[]): Promise<void> {
    await untilDrained('every job is completed', async () => (await unfinished(ids)).length).catch(async () => {
      expect(await unfinished(ids)).toEqual([]);
    });
  }

  async function unfinished(ids: readonly string[]): Promise<unknown[]> {
    const text = "SELECT id, tenant_id, state, fence FROM jobs WHERE id = ANY($1) AND state <> 'completed'";
    return (await fleet.space.postgres.db.$client.query(text, [ids])).rows;
  }
});
