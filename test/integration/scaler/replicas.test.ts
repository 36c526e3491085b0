import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { readFleetTable } from '@sluice/fleet/redis/commands/fleetTable';
import { heartbeat } from '@sluice/fleet/redis/commands/heartbeat';
import { newId } from '@sluice/shared/ids/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LocalPlatform } from '../../conformance/platforms/localPlatform.js';
import { openLocal } from '../../conformance/platforms/localPlatform.js';
import type { FleetProcess } from '../../support/fleetProcess.js';
import { startFleetProcess } from '../../support/fleetProcess.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { until } from '../../support/until.js';

let space: FleetSpace;
let queues: LaneQueues;
let platform: LocalPlatform;
let scalers: FleetProcess[] = [];
const lane = { tenantId: 'busy', queueClass: 'default' } as const;

beforeEach(async () => {
  space = await openFleetSpace();
  queues = createLaneQueues(space.redis.client, space.keys);
  platform = await openLocal();
  // One worker that runs two jobs at a time.
  await heartbeat(space.redis.client, space.keys, { id: 'w', lastsMs: 600_000, capacity: 2 });
});
afterEach(async () => {
  await Promise.all(scalers.map((scaler) => scaler.stop()));
  scalers = [];
  await platform.close();
  await queues.close();
  await space.close();
});

async function startScaler(more: Readonly<Record<string, string>> = {}): Promise<FleetProcess> {
  const scaler = await startFleetProcess('scaler', {
    ...space.environment,
    SCALER_INTERVAL_MS: '200',
    SCALER_DRIVER: 'local',
    SCALER_LOCAL_SOCKET: platform.socket,
    SCALER_WORKERS_MAX: '6',
    SCALER_WORKERS_SHRINK_MS: '500',
    ...more,
  });
  scalers.push(scaler);
  return scaler;
}

async function addWaiting(jobs: number): Promise<void> {
  await queues.add(
    Array.from({ length: jobs }, () => ({
      lane,
      job: { id: newId(), task: 'system.probe', data: {}, queuePriority: 15_001, maxAttempts: 4, delayMs: 0 },
    })),
  );
}

/** The published number; null when the process publishes none. */
async function published({ url }: FleetProcess): Promise<number | null> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const found = /^sluice_worker_replicas_desired(?:\{[^}]*\})? (\S+)$/m.exec(text);
  return found === null ? null : Number(found[1]);
}

const alive = (count: number): Promise<boolean> => until(`${count} workers live`, () => platform.alive() === count);

describe('the number of worker processes', () => {
  it('follows the jobs that would run at once, up at once and down after a while, and is published', async () => {
    const scaler = await startScaler();
    await until('it is published', async () => (await published(scaler)) === 1);
    await addWaiting(60);
    // 5 slots of one job each, in processes that run 2 jobs and shall be 80 % full.
    await alive(4);
    expect(await published(scaler)).toBe(4);
    await queues.queue(lane).drain();
    await alive(1);
    expect(platform.interrupted()).toBe(0);
    expect(scaler.lines).toContainEqual(
      expect.objectContaining({
        msg: 'desired worker replicas changed',
        from: 1,
        replicas: 4,
        reason: '5 jobs would run at once, 2 per process at 80 %: 4 wanted, 1 to 6 allowed',
      }),
    );
  });

  it('is published by the leader alone; when that is killed no worker ends, and none is started twice', async () => {
    await addWaiting(60);
    const first = await startScaler();
    await alive(4);
    const second = await startScaler();
    expect(await published(second)).toBeNull();
    const pids = platform.pool.pids();
    first.kill('SIGKILL');
    await until('the second publishes', async () => (await published(second)) === 4);
    await until('it looked at the workers', () => platform.api.calls.at(-1) === 'GET /workers');
    expect(platform.pool.pids()).toEqual(pids);
    expect(platform.alive()).toBe(4);
  });

  it('is put right when someone else changed it', async () => {
    await addWaiting(60);
    await startScaler();
    await alive(4);
    await platform.changeBehind(2);
    await alive(2);
    await until('it is four again', () => platform.alive() === 4, 30_000);
  });

  it('is published, and tenants get their slots, while the driver cannot act; that says what to do', async () => {
    platform.api.fail('refuses');
    const scaler = await startScaler();
    await addWaiting(60);
    await until('the tenant has 5 slots', async () => {
      return (await readFleetTable(space.redis.client, space.keys)).desired.get('busy') === 5;
    });
    await until('the number is published', async () => (await published(scaler)) === 4);
    const complaint = await until('it complains', () => scaler.lines.find(({ driver }) => driver === 'local'));
    expect(complaint).toMatchObject({ level: 40, msg: expect.stringMatching(/check .* Retrying in \d+ ms\.$/) });
    platform.api.fail(null);
    await alive(4);
    await until('it says so', () => scaler.lines.some(({ event }) => event === 'driver_recovered'));
  });

  it('is decided without a driver, too', async () => {
    await addWaiting(60);
    const scaler = await startScaler({ SCALER_DRIVER: 'none' });
    await until('it is published', async () => (await published(scaler)) === 4);
    expect(platform.alive()).toBe(1);
  });
});
