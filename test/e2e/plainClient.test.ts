import { registerLanes } from '@sluice/fleet/redis/commands/registerLanes';
import { fleetKeys } from '@sluice/fleet/redis/keys';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import { until } from '../support/until.js';

describe('a plain BullMQ client', () => {
  let fleet: Fleet;
  let queue: Queue;
  beforeAll(async () => {
    fleet = await startFleet();
    queue = new Queue('plain.default', {
      connection: { url: fleet.space.environment.REDIS_URL ?? '' },
      prefix: fleetKeys(fleet.space.prefix).queuePrefix('plain'),
    });
  });
  afterAll(async () => {
    await queue.close();
    await fleet.close();
  });

  it('reads a job that the fleet accepted, with its data, priority and id', async () => {
    const tenant = await fleet.tenant('plain');
    const { id } = await tenant.expect(202, 'POST', '/api/v1/jobs', { task: 'system.probe', data: { note: 'hello' } });
    const job = await queue.getJob(String(id));
    expect(job).toMatchObject({ id, name: 'system.probe', data: { note: 'hello' } });
    expect(job?.opts.priority).toBeGreaterThanOrEqual(1);
  });

  it('adds jobs that the fleet runs and writes to the ledger, whatever their ids are', async () => {
    const tenant = await fleet.tenant('plain');
    await registerLanes(fleet.space.redis.client, fleet.space.keys, [
      { tenantId: 'plain', name: 'plain.default', jobs: 0 },
    ]);
    const added = await queue.add('system.probe', { note: 'from outside' }, { priority: 5 });
    const named = await queue.add('system.probe', { note: 'named' }, { jobId: 'order-77', priority: 5 });
    const unknown = await queue.add('no.such.task', {}, { priority: 5 });
    await fleet.start('worker', { UNKNOWN_TASK_PATIENCE_MS: '0' });

    await until('both have completed', async () => {
      const { jobs } = (await tenant.expect(200, 'GET', '/api/v1/jobs?state=completed')) as { jobs: unknown[] };
      return jobs.length === 3;
    });
    expect(await queue.getJobState(added.id ?? '')).toBe('completed');
    expect(await queue.getJobState(named.id ?? '')).toBe('completed');
    await until('the unknown task is a dead letter', async () => {
      const { deadLetters } = (await tenant.expect(200, 'GET', '/api/v1/dead-letters')) as {
        deadLetters: { task: string; category: string }[];
      };
      return deadLetters.some(({ task, category }) => task === 'no.such.task' && category === 'invalid');
    });
    expect(await queue.getJobState(unknown.id ?? '')).toBe('failed');
  });
});
