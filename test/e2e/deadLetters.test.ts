import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import type { HttpClient } from '../support/httpClient.js';
import { until } from '../support/until.js';

describe('a job that dies', () => {
  let fleet: Fleet;
  let queues: LaneQueues;
  let tenant: HttpClient;
  beforeAll(async () => {
    fleet = await startFleet();
    await fleet.start('scaler', { SCALER_INTERVAL_MS: '500' });
    await fleet.start('worker');
    queues = createLaneQueues(fleet.space.redis.client, fleet.space.keys);
    tenant = await fleet.tenant('mortal');
  });
  afterAll(async () => {
    await queues.close();
    await fleet.close();
  });

  async function stateOf(id: unknown): Promise<unknown> {
    return (await tenant.expect(200, 'GET', `/api/v1/jobs/${id}`)).state;
  }

  async function notes(): Promise<string[]> {
    const board = queues.queue({ tenantId: 'mortal', queueClass: 'dead_letters' });
    return (await board.getWaiting()).map((job) => String(job.id));
  }

  it('is in the ledger and in the dead-letter queue, and leaves both when it is sent again', async () => {
    const { id } = await tenant.expect(202, 'POST', '/api/v1/jobs', {
      task: 'system.probe',
      data: { fail: 'permanent', failTimes: 1 },
    });
    await until('the job is dead', async () => (await stateOf(id)) === 'dead');
    await until('its note is in the queue', async () => (await notes()).includes(String(id)));
    const { deadLetters } = (await tenant.expect(200, 'GET', '/api/v1/dead-letters')) as {
      deadLetters: { id: string; jobId: string; category: string; attempts: number }[];
    };
    const letter = deadLetters.find(({ jobId }) => jobId === id);
    expect(letter).toMatchObject({ category: 'permanent', attempts: 1 });

    await tenant.expect(202, 'POST', `/api/v1/dead-letters/${letter?.id}/redrive`);
    await until('it completes at its second start', async () => (await stateOf(id)) === 'completed');
    expect(await notes()).not.toContain(id);
    const job = await tenant.expect(200, 'GET', `/api/v1/jobs/${id}`);
    const events = (job.timeline as { event: string }[]).map(({ event }) => event);
    expect(events).toEqual(expect.arrayContaining(['accepted', 'attempt_ended', 'died', 'redriven', 'finished']));
    await tenant.expect(409, 'POST', `/api/v1/dead-letters/${letter?.id}/redrive`);
  });

  it('dies only when its retries are used up', async () => {
    const { id } = await tenant.expect(202, 'POST', '/api/v1/jobs', {
      task: 'system.probe',
      data: { fail: 'transient' },
      attempts: 2,
    });
    await until('the job is dead', async () => (await stateOf(id)) === 'dead');
    const job = await tenant.expect(200, 'GET', `/api/v1/jobs/${id}`);
    expect(job.attempts).toBe(2);
    expect((job.timeline as { outcome?: string }[]).filter(({ outcome }) => outcome === 'failed')).toHaveLength(2);
  });
});
