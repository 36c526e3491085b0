import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import { until } from '../support/until.js';

describe('the watchdog of a worker', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet();
    await fleet.start('scaler', { SCALER_INTERVAL_MS: '500' });
  });
  afterAll(() => fleet.close());

  it('lets a worker live that was stopped for longer than its event loop may stand still', async () => {
    const tenant = await fleet.tenant('frozen');
    const worker = await fleet.start('worker', {
      WORKER_BLOCKED_MS: '1000',
      SLOT_LEASE_MS: '2000',
      JOB_LOCK_MS: '2000',
    });
    worker.kill('SIGSTOP');
    // The time itself is what is tested: longer than is allowed.
    await pause(2_500);
    worker.kill('SIGCONT');
    const { id } = await tenant.expect(202, 'POST', '/api/v1/jobs', { task: 'system.probe', data: { sleepMs: 1_500 } });
    await until(
      'it works again',
      async () => {
        const { state } = await tenant.expect(200, 'GET', `/api/v1/jobs/${id}`);
        return state === 'completed';
      },
      60_000,
    );
    expect(worker.child.signalCode).toBeNull();
  });
});
