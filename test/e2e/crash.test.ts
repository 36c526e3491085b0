import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import type { FleetProcess } from '../support/fleetProcess.js';
import { until } from '../support/until.js';

/** Short locks and heartbeats, so that a death is noticed soon. */
const QUICK = { JOB_LOCK_MS: '5000', STALLED_CHECK_MS: '500', WORKER_HEARTBEAT_MS: '2000' };

interface TimelineEntry {
  readonly event: string;
  readonly attempt?: number;
  readonly outcome?: string;
  readonly worker?: string;
}

describe('a worker that dies', () => {
  let fleet: Fleet;
  let heir: FleetProcess;
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
    heir = await fleet.start('worker', { WORKER_ID: 'heir', SHUTDOWN_GRACE_MS: '300' });
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
    expect(started.map(({ worker }) => worker?.split('~')[0])).toEqual(['doomed', 'heir']);
  });

  it('hands a job back without losing an attempt when its grace is over, and a running job can be cancelled', async () => {
    const tenant = await fleet.tenant('handback');
    const { id } = await tenant.expect(202, 'POST', '/api/v1/jobs', {
      task: 'system.probe',
      data: { sleepMs: 600_000 },
      attempts: 1,
    });
    await until('the job runs', async () => (await tenant.expect(200, 'GET', `/api/v1/jobs/${id}`)).state === 'active');
    expect(await heir.stop()).toBe(0);
    const released = await tenant.expect(200, 'GET', `/api/v1/jobs/${id}`);
    expect(released).toMatchObject({ state: 'queued' });
    expect((released.timeline as TimelineEntry[]).at(-1)).toMatchObject({ outcome: 'released' });

    await fleet.start('worker', { WORKER_ID: 'successor', SHUTDOWN_GRACE_MS: '300' });
    await until(
      'it runs again',
      async () => (await tenant.expect(200, 'GET', `/api/v1/jobs/${id}`)).state === 'active',
    );
    await tenant.expect(202, 'DELETE', `/api/v1/jobs/${id}`);
    const cancelled = await until('it is cancelled', async () => {
      const job = await tenant.expect(200, 'GET', `/api/v1/jobs/${id}`);
      return job.state === 'cancelled' ? job : null;
    });
    expect(cancelled.attempts).toBe(2);
  });
});
