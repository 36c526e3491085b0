import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import { until } from '../support/until.js';

/** Short locks and heartbeats, so that a death is noticed soon. */
const QUICK = { JOB_LOCK_MS: '1500', STALLED_CHECK_MS: '500', WORKER_HEARTBEAT_MS: '2000' };

interface TimelineEntry {
  readonly event: string;
  readonly attempt?: number;
  readonly outcome?: string;
  readonly worker?: string;
}

describe('a worker that dies', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet(QUICK);
    await fleet.start('scaler', { SCALER_INTERVAL_MS: '500' });
  });
  afterAll(() => fleet.close());

  it('has its job run again by another, and the ledger shows both attempts', async () => {
    const tenant = await fleet.tenant('crash');
    const doomed = await fleet.start('worker', { WORKER_ID: 'doomed' });
    const { id } = await tenant.expect(202, 'POST', '/api/v1/jobs', { task: 'system.probe', data: { sleepMs: 3_000 } });
    await until('the job runs', async () => (await tenant.expect(200, 'GET', `/api/v1/jobs/${id}`)).state === 'active');
    doomed.kill('SIGKILL');
    await fleet.start('worker', { WORKER_ID: 'heir' });
    const job = await until('the job completes', async () => {
      const seen = await tenant.expect(200, 'GET', `/api/v1/jobs/${id}`);
      return seen.state === 'completed' ? seen : null;
    });
    const ended = (job.timeline as TimelineEntry[]).filter(({ event }) => event === 'attempt_ended');
    expect(ended.map(({ attempt, outcome }) => ({ attempt, outcome }))).toEqual([
      { attempt: 1, outcome: 'lost' },
      { attempt: 2, outcome: 'completed' },
    ]);
    const started = (job.timeline as TimelineEntry[]).filter(({ event }) => event === 'attempt_started');
    expect(started.map(({ worker }) => worker)).toEqual(['doomed', 'heir']);
  });

  it('hands a job back without losing an attempt when it must stop before the job ends', async () => {
    const tenant = await fleet.tenant('handback');
    const { id } = await tenant.expect(202, 'POST', '/api/v1/jobs', {
      task: 'system.probe',
      data: { sleepMs: 4_000 },
      attempts: 1,
    });
    const first = await until('the job runs', async () => {
      const job = await tenant.expect(200, 'GET', `/api/v1/jobs/${id}`);
      return (job.timeline as TimelineEntry[]).find(({ event }) => event === 'attempt_started')?.worker;
    });
    expect(first).toBe('heir');
    const quick = await fleet.start('worker', { WORKER_ID: 'successor' });
    expect(quick.url).toMatch(/^http/);
    const answer = await tenant.expect(200, 'GET', `/api/v1/jobs/${id}/result?waitMs=20000`);
    expect(answer.state ?? 'completed').toBe('completed');
  });
});
