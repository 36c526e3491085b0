import type { ActiveJob } from '@sluice/fleet/queue/run/runAttempt';
import type { Lane } from '@sluice/shared/domain/lane';
import type { Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import type { RunningLanes } from '../../support/runLanes.js';
import { runLanes } from '../../support/runLanes.js';
import { until } from '../../support/until.js';
import { lanesOf, NO_SWEEP_MS, noteRuns, plainQueue } from './support.js';

describe('jobs that are not due yet', () => {
  let space: FleetSpace;
  const queues: Queue[] = [];
  const running: RunningLanes[] = [];
  let tests = 0;
  beforeAll(async () => {
    space = await openFleetSpace();
  });
  afterEach(async () => {
    for (const lanes of running.splice(0)) await lanes.close();
    for (const queue of queues.splice(0)) await queue.close();
  });
  afterAll(() => space.close());

  function setUp(work?: (job: ActiveJob) => Promise<unknown>, count = 1) {
    const lanes = lanesOf(count, `delayed-${tests++}`);
    const startedAt = new Map<string, number>();
    const runs = noteRuns(async (job) => {
      startedAt.set(job.id, Date.now());
      return work?.(job);
    });
    const opened = lanes.map((lane) => plainQueue(lane, space.redis, space.keys));
    queues.push(...opened);
    const [queue] = opened;
    const [lane] = lanes;
    if (queue === undefined || lane === undefined) throw new Error('a lane is needed');
    return { lanes, lane, queue, queues: opened, runs, startedAt };
  }

  async function run(
    lanes: readonly Lane[],
    runs: ReturnType<typeof noteRuns>,
    workerId = 'w1',
    sweepMs = NO_SWEEP_MS,
  ) {
    const { client } = space.redis;
    const started = await runLanes(lanes, {
      client,
      keys: space.keys,
      run: runs.run,
      concurrency: 2,
      workerId,
      sweepMs,
    });
    running.push(started);
    return started;
  }

  /** Adds a job and says when it is due by BullMQ's own account. */
  async function addLater(queue: Queue, jobId: string, delay: number): Promise<number> {
    const job = await queue.add('work', {}, { jobId, delay });
    return job.timestamp + delay;
  }

  it('run when they are due and not before, in a lane that waits', async () => {
    const { lanes, lane, queue, runs, startedAt } = setUp();
    await run(lanes, runs);
    await queue.add('work', {}, { jobId: 'first' });
    await runs.wait([`${lane.tenantId}/first`]);
    const dueMs = await addLater(queue, 'later', 300);
    await runs.wait([`${lane.tenantId}/later`]);
    expect(startedAt.get('later')).toBeGreaterThanOrEqual(dueMs);
  });

  it('run when they are due after they were added to a lane that was busy', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { lanes, lane, queue, runs, startedAt } = setUp((job) => (job.id === 'long' ? held : Promise.resolve()));
    await run(lanes, runs);
    await queue.add('work', {}, { jobId: 'long' });
    await runs.wait([`${lane.tenantId}/long`]);
    const dueMs = await addLater(queue, 'later', 300);
    await queue.add('work', {}, { jobId: 'now' });
    await runs.wait([`${lane.tenantId}/now`]);
    release();
    await runs.wait([`${lane.tenantId}/later`]);
    expect(startedAt.get('later')).toBeGreaterThanOrEqual(dueMs);
  });

  it('run in the order in which they are due, whatever the order in which they were added', async () => {
    const { lanes, lane, queue, runs, startedAt } = setUp();
    await run(lanes, runs);
    const dueMs = new Map<string, number>();
    for (const delay of [900, 300, 600, 150]) dueMs.set(`d${delay}`, await addLater(queue, `d${delay}`, delay));
    await runs.wait([...dueMs.keys()].map((id) => `${lane.tenantId}/${id}`));
    expect(runs.all.map((name) => name.split('/')[1])).toEqual(['d150', 'd300', 'd600', 'd900']);
    for (const [id, due] of dueMs) expect(startedAt.get(id)).toBeGreaterThanOrEqual(due);
  });

  it('run in many lanes at once', async () => {
    const { lanes, queues: all, runs } = setUp(undefined, 60);
    await run(lanes, runs);
    await Promise.all(all.map((queue, index) => addLater(queue, 'later', 200 + 5 * index)));
    await runs.wait(lanes.map(({ tenantId }) => `${tenantId}/later`));
  });

  it('run in a process that opens the lane after the one that had taken the marker has stopped', async () => {
    const { lanes, lane, queue, runs } = setUp();
    const first = await run(lanes, runs, 'w1');
    await addLater(queue, 'later', 1_500);
    await until('the marker was taken', async () => (await space.redis.client.exists(queue.toKey('marker'))) === 0);
    await first.close();
    expect(runs.all).toEqual([]);
    await run(lanes, runs, 'w2');
    await runs.wait([`${lane.tenantId}/later`]);
  });

  it('run in a process that had the lane open all along, when the one that had taken the marker stops', async () => {
    const { lanes, lane, queue, runs } = setUp();
    const first = await run(lanes, runs, 'w1', 2_000);
    await run(lanes, runs, 'w2', 2_000);
    await addLater(queue, 'later', 1_500);
    await until('the marker was taken', async () => (await space.redis.client.exists(queue.toKey('marker'))) === 0);
    await first.close();
    await runs.wait([`${lane.tenantId}/later`]);
  });
});

describe('lanes that are held back', () => {
  let space: FleetSpace;
  const closers: (() => Promise<unknown>)[] = [];
  let tests = 0;
  beforeAll(async () => {
    space = await openFleetSpace();
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  afterAll(() => space.close());

  /** A lane that will be held back, and another. */
  async function setUp() {
    const [slow, free] = lanesOf(2, `held-${tests++}`);
    if (slow === undefined || free === undefined) throw new Error('two lanes are needed');
    const runs = noteRuns();
    const slowQueue = plainQueue(slow, space.redis, space.keys);
    const freeQueue = plainQueue(free, space.redis, space.keys);
    const options = {
      client: space.redis.client,
      keys: space.keys,
      run: runs.run,
      concurrency: 2,
      sweepMs: NO_SWEEP_MS,
    };
    const running = await runLanes([slow, free], options);
    closers.push(
      () => slowQueue.close(),
      () => freeQueue.close(),
      () => running.close(),
    );
    return { slow, free, slowQueue, freeQueue, runs };
  }

  it('run on when a rate limit has ended, and hold up no other lane', async () => {
    const { slow, free, slowQueue, freeQueue, runs } = await setUp();
    // BullMQ heeds a limit that was set by hand in queues that have a rate.
    await slowQueue.setGlobalRateLimit(1_000, 60_000);
    await slowQueue.rateLimit(1_500);
    await slowQueue.addBulk(['a', 'b'].map((jobId) => ({ name: 'work', data: {}, opts: { jobId } })));
    await freeQueue.addBulk(['a', 'b', 'c'].map((jobId) => ({ name: 'work', data: {}, opts: { jobId } })));
    await runs.wait(['a', 'b', 'c'].map((id) => `${free.tenantId}/${id}`));
    expect(runs.all.filter((name) => name.startsWith(slow.tenantId))).toEqual([]);
    await runs.wait(['a', 'b'].map((id) => `${slow.tenantId}/${id}`));
    await slowQueue.add('work', {}, { jobId: 'after' });
    await runs.wait([`${slow.tenantId}/after`]);
  });

  it('keep to a rate that was set for the whole queue, job after job', async () => {
    const { slow, free, slowQueue, freeQueue, runs } = await setUp();
    await slowQueue.setGlobalRateLimit(2, 300);
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    await slowQueue.addBulk(ids.map((jobId) => ({ name: 'work', data: {}, opts: { jobId } })));
    await freeQueue.addBulk(ids.map((jobId) => ({ name: 'work', data: {}, opts: { jobId } })));
    await runs.wait(ids.map((id) => `${free.tenantId}/${id}`));
    expect(runs.all.filter((name) => name.startsWith(slow.tenantId)).length).toBeLessThan(ids.length);
    await runs.wait(ids.map((id) => `${slow.tenantId}/${id}`));
  });

  it('run nothing while they are paused, and everything after', async () => {
    const { slow, free, slowQueue, freeQueue, runs } = await setUp();
    await slowQueue.pause();
    await slowQueue.addBulk(['a', 'b'].map((jobId) => ({ name: 'work', data: {}, opts: { jobId } })));
    await slowQueue.add('work', {}, { jobId: 'later', delay: 100 });
    await freeQueue.add('work', {}, { jobId: 'a', delay: 400 });
    await runs.wait([`${free.tenantId}/a`]);
    expect(runs.all).toEqual([`${free.tenantId}/a`]);
    await slowQueue.resume();
    await runs.wait(['a', 'b', 'later'].map((id) => `${slow.tenantId}/${id}`));
    await slowQueue.add('work', {}, { jobId: 'after' });
    await runs.wait([`${slow.tenantId}/after`]);
  });
});
