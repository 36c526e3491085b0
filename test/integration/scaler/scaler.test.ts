import { insertJobs } from '@sluice/fleet/postgres/queries/insertJobs';
import { listScalingDecisions } from '@sluice/fleet/postgres/queries/scalingDecisions';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { readFleetTable } from '@sluice/fleet/redis/commands/fleetTable';
import { readLeader } from '@sluice/fleet/redis/commands/processes';
import { newId } from '@sluice/shared/ids/ids';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FleetProcess } from '../../support/fleetProcess.js';
import { startFleetProcess } from '../../support/fleetProcess.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { newJob } from '../../support/newJob.js';
import { until } from '../../support/until.js';

let space: FleetSpace;
let queues: LaneQueues;
let scalers: FleetProcess[] = [];
const lane = (tenantId: string) => ({ tenantId, queueClass: 'default' as const });

beforeAll(async () => {
  space = await openFleetSpace();
  queues = createLaneQueues(space.redis.client, space.keys);
});
afterEach(async () => {
  await Promise.all(scalers.map((scaler) => scaler.stop()));
  scalers = [];
});
afterAll(async () => {
  await queues.close();
  await space.close();
});

async function startScaler(intervalMs: number): Promise<FleetProcess> {
  const scaler = await startFleetProcess('scaler', {
    ...space.environment,
    SCALER_INTERVAL_MS: String(intervalMs),
    SCALER_STABILISATION_MS: '0',
  });
  scalers.push(scaler);
  return scaler;
}

async function addWaiting(tenantId: string, jobs: number): Promise<void> {
  await queues.add(
    Array.from({ length: jobs }, () => ({
      lane: lane(tenantId),
      job: { id: newId(), task: 'system.probe', data: {}, queuePriority: 15_001, maxAttempts: 4, delayMs: 0 },
    })),
  );
}

async function desired(tenantId: string): Promise<number | undefined> {
  return (await readFleetTable(space.redis.client, space.keys)).desired.get(tenantId);
}

async function decisionsOn(tenantId: string) {
  const decisions = await listScalingDecisions(space.postgres.db, 1_000);
  return decisions.filter((decision) => decision.tenantId === tenantId).reverse();
}

async function leaderFence(): Promise<number> {
  return (await readLeader(space.redis.client, space.keys))?.fence ?? 0;
}

/** Resolves when the leader has kept its lead once more, so that every other scaler has asked for it in vain. */
async function keptAgain(): Promise<void> {
  let leftMs = Number.POSITIVE_INFINITY;
  let renewals = 0;
  await until('the lead is kept twice', async () => {
    const nowLeftMs = await space.redis.client.pttl(space.keys.leader);
    if (nowLeftMs > leftMs) renewals++;
    leftMs = nowLeftMs;
    return renewals === 2;
  });
}

describe('scaler', () => {
  it('gives 60 waiting jobs 5 slots, an empty queue 1 again, and leaves another tenant at 1', async () => {
    await addWaiting('calm', 3);
    await addWaiting('busy', 60);
    await startScaler(500);
    await until('busy has 5 slots', async () => (await desired('busy')) === 5);
    await queues.queue(lane('busy')).drain();
    await until('busy is back at 1', async () => (await desired('busy')) === 1);
    expect(await desired('calm')).toBe(1);
    expect((await decisionsOn('busy')).map(({ previous, desired: to }) => [previous, to])).toEqual([
      [null, 5],
      [5, 1],
    ]);
    expect(await decisionsOn('calm')).toMatchObject([
      { previous: null, desired: 1, waiting: 3, active: 0, policy: 'queue-length', leaderFence: await leaderFence() },
    ]);
    expect((await decisionsOn('busy'))[0]?.reason).toBe(
      '60 waiting, 0 active, 10 per worker: 6 wanted, 1 to 5 allowed',
    );
  });

  it('does not give a paused tenant more slots, and records why once', async () => {
    await addWaiting('paused', 1);
    await startScaler(200);
    await until('it has its slot', async () => (await desired('paused')) === 1);
    await queues.queue(lane('paused')).pause();
    await addWaiting('paused', 59);
    await until('it is recorded', async () => (await decisionsOn('paused')).length === 2);
    await queues.queue(lane('paused')).resume();
    await until('it grows', async () => (await desired('paused')) === 5);
    expect(await decisionsOn('paused')).toMatchObject([
      { previous: null, desired: 1 },
      { previous: 1, desired: 1, reason: expect.stringContaining('6 wanted, 1 to 5 allowed; no growth while paused') },
      { previous: 1, desired: 5 },
    ]);
  });

  it('acts on a notice at once, long before its interval', async () => {
    const scaler = await startScaler(3_600_000);
    await until('it leads', () => scaler.lines.some(({ event }) => event === 'leadership_gained'));
    await until('its first pass is over', async () => (await desired('calm')) === 1);
    await addWaiting('noticed', 25);
    expect(await desired('noticed')).toBeUndefined();
    await space.redis.client.publish(space.keys.touchedChannel, 'noticed.default calm.default');
    await until('the notice led to a decision', async () => (await desired('noticed')) === 3);
  });

  it('does not take a dead letter for work', async () => {
    await startScaler(100);
    const error = { code: 'attempt_failed', message: 'no' };
    await queues.addDeadLetter('mourning', {
      jobId: newId(),
      task: 'system.probe',
      category: 'permanent',
      error,
      attempts: 1,
    });
    await addWaiting('after', 1);
    await until('a later tenant was decided on', async () => (await desired('after')) === 1);
    expect(await desired('mourning')).toBeUndefined();
  });

  it('lets one lead; when it is killed, the other takes over under a higher fence', async () => {
    const first = await startScaler(100);
    await until('the first leads', () => first.lines.some(({ event }) => event === 'leadership_gained'));
    const fence = await leaderFence();
    const second = await startScaler(100);
    await keptAgain();
    expect(second.lines.some(({ event }) => event === 'leadership_gained')).toBe(false);

    first.kill('SIGKILL');
    // By the server's clock the lead ends within nine seconds, and every scaler asks for it once a second.
    expect(await space.redis.client.pttl(space.keys.leader)).toBeLessThanOrEqual(9_000);
    await addWaiting('orphan', 25);
    await until('the second acts', async () => (await desired('orphan')) === 3);
    expect((await decisionsOn('orphan')).every(({ leaderFence: by }) => by > fence)).toBe(true);
  });

  it('hands the lead over when it is told to stop', async () => {
    const first = await startScaler(100);
    await until('the first leads', () => first.lines.some(({ event }) => event === 'leadership_gained'));
    const second = await startScaler(100);
    expect(await first.stop()).toBe(0);
    await until('the second leads', () => second.lines.some(({ event }) => event === 'leadership_gained'));
  });

  it('adds a job that was accepted but never came into Redis', async () => {
    const id = newId();
    await insertJobs(space.postgres.db, [newJob({ id, tenantId: 'lost', data: { sleepMs: 0 } })]);
    await startScaler(100);
    await until('it is in its lane', async () => (await queues.counts(lane('lost'))).waiting === 1);
    const job = await until('it can be read', () => queues.queue(lane('lost')).getJob(id));
    expect(job).toMatchObject({ name: 'system.probe', data: { sleepMs: 0 }, opts: { attempts: 4 } });
    expect(job.opts.priority).toBeGreaterThan(0);
    await until('the ledger knows', async () => {
      const { rows } = await space.postgres.db.$client.query('SELECT 1 FROM jobs WHERE state = $1', ['queued']);
      return rows.length === 1;
    });
    await until('the new lane gets its slot as well', async () => (await desired('lost')) === 1);
  });

  it('refuses to start with bounds that contradict each other', async () => {
    const started = startFleetProcess('scaler', { ...space.environment, SCALER_MIN_SLOTS: '9' });
    await expect(started).rejects.toThrow(/ended before it was ready/);
  });
});
