import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { AttemptEnd } from '@sluice/fleet/queue/run/runAttempt';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import type { Lane } from '@sluice/shared/domain/lane';
import { newId } from '@sluice/shared/ids/ids';
import { FLEET_TASKS } from '../support/fleetTasks.js';
import { runLanes } from '../support/runLanes.js';
import { until } from '../support/until.js';

/** How many jobs of a lane shall be where. */
interface LanePicture {
  readonly tenantId: string;
  readonly task: string;
  readonly completed: number;
  readonly retrying: number;
  readonly active: number;
  readonly waiting: number;
  readonly delayed: number;
  readonly dead: number;
}

const PICTURES: readonly LanePicture[] = [
  lane('acme', 'notifications.webhook', { completed: 68, retrying: 6, active: 10, waiting: 120, delayed: 8, dead: 4 }),
  lane('acme', 'exports.jobs_csv', { completed: 5, active: 1, waiting: 2 }),
  lane('globex', 'notifications.webhook', { completed: 41, retrying: 2, active: 4, waiting: 9, dead: 1 }),
  lane('globex', 'system.probe', { completed: 12 }),
  lane('initech', 'notifications.webhook', { completed: 7, active: 2, delayed: 14 }),
  lane('initech', 'system.probe', { completed: 3, active: 1, waiting: 25 }),
];

/** Makes lanes as a busy fleet has them, by the fleet's own code; `close` ends the jobs that still run. */
export async function fillLanes(client: RedisService['client'], keys: FleetKeys): Promise<{ close(): Promise<void> }> {
  const queues = createLaneQueues(client, keys);
  const running = await Promise.all(PICTURES.map((picture) => fillLane(client, keys, queues, picture)));
  return {
    async close() {
      await Promise.all(running.map((end) => end()));
      await queues.close();
    },
  };
}

async function fillLane(
  client: RedisService['client'],
  keys: FleetKeys,
  queues: LaneQueues,
  picture: LanePicture,
): Promise<() => Promise<void>> {
  const where: Lane = {
    tenantId: picture.tenantId,
    queueClass: FLEET_TASKS.find(picture.task)?.queueClass ?? 'default',
  };
  await addJobs(queues, where, picture, picture.completed + picture.retrying + picture.active);
  const release = new AbortController();
  let taken = 0;
  const worker = await runLanes([where], {
    client,
    keys,
    concurrency: Math.max(1, picture.active),
    workerId: 'worker-1',
    run: async (): Promise<AttemptEnd> => {
      taken++;
      if (taken <= picture.completed) return { kind: 'completed', result: { status: 204 } };
      if (taken <= picture.completed + picture.retrying)
        return { kind: 'retry', delayMs: 60_000, message: 'answered 502' };
      await new Promise((resolve) => release.signal.addEventListener('abort', resolve, { once: true }));
      return { kind: 'release' };
    },
  });
  const full = picture.completed + picture.retrying + picture.active;
  await until(`the jobs of ${picture.tenantId} under way`, async () => {
    const { active, delayed, waiting } = await queues.counts(where);
    return taken === full && active === picture.active && delayed === picture.retrying && waiting === 0;
  });
  await addJobs(queues, where, picture, picture.waiting);
  await addJobs(queues, where, picture, picture.delayed, 3_600_000);
  await buryJobs(queues, picture);
  return async () => {
    const closed = worker.close();
    release.abort();
    await closed;
  };
}

async function addJobs(
  queues: LaneQueues,
  where: Lane,
  { task, tenantId }: LanePicture,
  count: number,
  delayMs = 0,
): Promise<void> {
  if (count === 0) return;
  await queues.add(
    Array.from({ length: count }, (_, number) => ({
      lane: where,
      job: {
        id: newId(),
        task,
        data: { url: `https://hooks.${tenantId}.example/orders`, event: 'order.created', payload: { order: number } },
        queuePriority: 50,
        maxAttempts: 4,
        delayMs,
      },
    })),
  );
}

async function buryJobs(queues: LaneQueues, { tenantId, task, dead }: LanePicture): Promise<void> {
  for (let number = 0; number < dead; number++) {
    await queues.addDeadLetter(tenantId, {
      jobId: newId(),
      task,
      category: 'exhausted',
      error: { code: 'upstream_failed', message: 'answered 500 four times' },
      attempts: 4,
    });
  }
}

function lane(
  tenantId: string,
  task: LanePicture['task'],
  counts: Partial<Omit<LanePicture, 'tenantId' | 'task'>>,
): LanePicture {
  return { tenantId, task, completed: 0, retrying: 0, active: 0, waiting: 0, delayed: 0, dead: 0, ...counts };
}
