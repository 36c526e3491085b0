import type { ActiveJob, AttemptEnd } from '@sluice/fleet/queue/run/runAttempt';
import type { Lane } from '@sluice/shared/domain/lane';
import { laneName } from '@sluice/shared/domain/lane';
import type { Queue } from 'bullmq';
import { FlowProducer } from 'bullmq';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { runLanes } from '../../support/runLanes.js';
import { until } from '../../support/until.js';
import { NO_SWEEP_MS, noteRuns, plainQueue } from './support.js';

describe('a plain BullMQ client of lanes that share runners', () => {
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

  function laneOf(queueClass: 'default' | 'bulk' | 'notifications' = 'default', tenantId = `plain-${tests}`): Lane {
    return { tenantId, queueClass } as Lane;
  }

  function open(lane: Lane): Queue {
    const queue = plainQueue(lane, space.redis, space.keys);
    closers.push(() => queue.close());
    return queue;
  }

  async function run(lanes: readonly Lane[], work: (job: ActiveJob) => Promise<AttemptEnd>, concurrency = 1) {
    tests++;
    const { client } = space.redis;
    const running = await runLanes(lanes, { client, keys: space.keys, run: work, concurrency, sweepMs: NO_SWEEP_MS });
    closers.push(() => running.close());
  }

  it('has its jobs run by priority, the last in first where it asks so, and those without a priority before all', async () => {
    const lane = laneOf();
    const queue = open(lane);
    await queue.addBulk([
      { name: 'work', data: {}, opts: { jobId: 'p9', priority: 9 } },
      { name: 'work', data: {}, opts: { jobId: 'p1', priority: 1 } },
      { name: 'work', data: {}, opts: { jobId: 'plain' } },
    ]);
    await queue.add('work', {}, { jobId: 'lifo', lifo: true });
    const runs = noteRuns();
    await run([lane], runs.run);
    await runs.wait(['lifo', 'plain', 'p1', 'p9'].map((id) => `${lane.tenantId}/${id}`));
    expect(runs.all.map((name) => name.split('/')[1])).toEqual(['lifo', 'plain', 'p1', 'p9']);
  });

  it('has a parent run after its children in another lane of the tenant, with what they returned', async () => {
    const parents = laneOf('default');
    const children = laneOf('bulk');
    const queue = open(parents);
    const order: string[] = [];
    const tenant = parents.tenantId;
    await run([parents, children], async ({ id }) => {
      order.push(id);
      return { kind: 'completed', result: `did ${id}` };
    });
    const flow = new FlowProducer({ connection: space.redis.client, prefix: space.keys.queuePrefix(tenant) });
    closers.push(() => flow.close());
    const child = (jobId: string) => ({ name: 'work', data: {}, queueName: laneName(children), opts: { jobId } });
    await flow.add({
      name: 'work',
      data: {},
      queueName: laneName(parents),
      opts: { jobId: 'parent' },
      children: [child('one'), child('two'), child('three')],
    });
    await until('the parent has run', () => order.includes('parent'));
    expect(order.at(-1)).toBe('parent');
    const values = (await (await queue.getJob('parent'))?.getChildrenValues()) ?? {};
    expect(Object.values(values).sort()).toEqual(['did one', 'did three', 'did two']);
  });

  it("has a scheduler's jobs run again and again", async () => {
    const lane = laneOf();
    const queue = open(lane);
    let times = 0;
    await run([lane], async () => {
      times++;
      return { kind: 'completed', result: null };
    });
    await queue.upsertJobScheduler('tick', { every: 200 }, { name: 'work', data: {} });
    await until('it has run five times', () => times >= 5);
    await queue.removeJobScheduler('tick');
  });

  it('has a job retried with the delays that were decided, then counted as failed', async () => {
    const lane = laneOf();
    const queue = open(lane);
    let attempts = 0;
    await run([lane], async () => {
      attempts++;
      if (attempts > 3) return { kind: 'bury', message: 'enough' };
      return { kind: 'retry', delayMs: 50 * attempts, message: 'not yet' };
    });
    await queue.add('work', {}, { jobId: 'stubborn', attempts: 10, backoff: { type: 'custom' } });
    await until('it has failed', async () => (await queue.getJobState('stubborn')) === 'failed');
    expect(attempts).toBe(4);
    expect((await queue.getJob('stubborn'))?.failedReason).toBe('enough');
  });

  it('sees progress and logs at the right job, though tenants give the same ids', async () => {
    const lanes = Array.from({ length: 8 }, (_, index) => laneOf('default', `same-${index}`));
    const opened = lanes.map(open);
    await run(
      lanes,
      async (job) => {
        await job.updateProgress({ of: job.lane.tenantId });
        await job.log(`line of ${job.lane.tenantId}`);
        return { kind: 'completed', result: job.lane.tenantId };
      },
      2,
    );
    await Promise.all(opened.map((queue) => queue.add('work', {}, { jobId: 'one' })));
    for (const [index, queue] of opened.entries()) {
      await until('it is done', async () => (await queue.getJobState('one')) === 'completed');
      expect(await queue.getJob('one')).toMatchObject({
        progress: { of: `same-${index}` },
        returnvalue: `same-${index}`,
      });
      expect((await queue.getJobLogs('one')).logs).toEqual([`line of same-${index}`]);
    }
  });

  it("writes nothing to another tenant's job of the same id when a handler goes on after its job has ended", async () => {
    const early = laneOf('default', 'early');
    const late = laneOf('default', 'late');
    const [earlyQueue, lateQueue] = [open(early), open(late)];
    let behind: ActiveJob | undefined;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const runs = noteRuns(async (job) => {
      if (job.lane.tenantId === 'early') behind = job;
      else await held;
      return null;
    });
    await run([early, late], runs.run);
    await earlyQueue.add('work', {}, { jobId: 'one' });
    await until('the first has ended', async () => (await earlyQueue.getJobState('one')) === 'completed');
    await lateQueue.add('work', {}, { jobId: 'one' });
    await runs.wait(['late/one']);
    await behind?.log('too late');
    await behind?.updateProgress({ of: 'early' });
    release();
    await until('the other has ended', async () => (await lateQueue.getJobState('one')) === 'completed');
    expect((await lateQueue.getJobLogs('one')).logs).toEqual([]);
    expect((await lateQueue.getJob('one'))?.progress).not.toEqual({ of: 'early' });
    expect((await earlyQueue.getJobLogs('one')).logs).toEqual(['too late']);
  });

  it('leaves no job behind, whatever mixture of adds meets busy lanes', async () => {
    const lanes = (['default', 'bulk', 'notifications'] as const).flatMap((queueClass) =>
      Array.from({ length: 10 }, (_, index) => laneOf(queueClass, `mixed-${index}`)),
    );
    const runs = noteRuns();
    const expected: string[] = [];
    await run(lanes, runs.run, 4);
    const adds: Promise<unknown>[] = [];
    for (const lane of lanes) {
      const queue = open(lane);
      for (let index = 0; index < 20; index++) {
        const jobId = `${lane.queueClass}-${index}`;
        expected.push(`${lane.tenantId}/${jobId}`);
        const more = [{}, { priority: 5 }, { lifo: true }, { delay: 20 * index }][index % 4];
        adds.push(queue.add('work', {}, { jobId, ...more }));
      }
    }
    await Promise.all(adds);
    await runs.wait(expected);
    expect([...runs.all].sort()).toEqual(expected.sort());
  });
});
