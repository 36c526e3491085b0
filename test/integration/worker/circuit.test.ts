import { ga4RunReport } from '@sluice/ga4';
import { readCircuit } from '@sluice/limits';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { PacedError } from '@sluice/shared/errors/pacedError';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { until } from '../../support/until.js';
import type { TestLaneOptions } from './support.js';
import { openTestLane } from './support.js';

const DATA = { propertyId: '1', report: 'page_views', startDate: '7daysAgo', endDate: 'today' };
const CIRCUIT = { failures: 3, withinMs: 60_000, restMs: 1_500, probeEveryMs: 100, successes: 2 };

describe('a circuit of an upstream', () => {
  let space: FleetSpace;
  beforeAll(async () => {
    space = await openFleetSpace();
  });
  afterAll(() => space.close());

  function openLane(tenantId: string, handler: TestLaneOptions['handler'], more: Partial<TestLaneOptions> = {}) {
    const task = { name: ga4RunReport.name, queueClass: ga4RunReport.queueClass };
    const lane = openTestLane(space, { tenantId, handler, task, circuit: CIRCUIT, ...more });
    const circuit = () => readCircuit(space.redis.client, space.keys, { tenantId, upstream: 'ga4' });
    return {
      ...lane,
      circuit,
      isOpen: () => until('the circuit opens', async () => (await circuit()).kind === 'open'),
      submit: (change: Parameters<typeof lane.submit>[0] = {}) =>
        lane.submit({ data: DATA, maxAttempts: 4, ...change }, 4),
    };
  }

  const failed = (): FleetError => new FleetError('upstream_failed', 'GA4 failed (INTERNAL)');

  it('opens after as many failures as it may take, spends no attempt while it rests, probes, and closes', async () => {
    let isDown = true;
    const calls: number[] = [];
    const lane = openLane('down', async () => {
      calls.push(Date.now());
      if (isDown) throw failed();
    });
    const ids = [];
    for (let i = 0; i < 8; i++) ids.push(await lane.submit());
    await lane.isOpen();
    await until('the lane is paused', async () => (await lane.queues.pausedForMs(lane.lane)) > 0);
    expect(calls).toHaveLength(3);
    isDown = false;
    const histories = await Promise.all(ids.map((id) => lane.reaches(id, 'completed')));
    const [, , third = 0, fourth = 0, fifth = 0, sixth = 0] = calls;
    expect(fourth - third).toBeGreaterThanOrEqual(CIRCUIT.restMs - 50);
    expect(fifth - fourth).toBeGreaterThanOrEqual(CIRCUIT.probeEveryMs - 10);
    expect(sixth).toBeGreaterThan(0);
    expect(calls).toHaveLength(3 + ids.length);
    expect(histories.reduce((sum, { job }) => sum + job.failures, 0)).toBe(3);
    for (const { job } of histories) expect(job).toMatchObject({ deferrals: 0, crashes: 0 });
    expect(await lane.circuit()).toEqual({ kind: 'closed', failuresMs: [] });
    await lane.close();
  });

  it('keeps every retry of its jobs for after the upstream is back: a probe that fails is put off behind the others', async () => {
    let isDown = true;
    const calls: string[] = [];
    const lane = openLane('long', async (_, { jobId }) => {
      calls.push(jobId);
      if (isDown) throw failed();
    });
    const ids = [];
    for (let i = 0; i < 6; i++) ids.push(await lane.submit());
    await until('two probes failed', () => calls.length === 5);
    isDown = false;
    const histories = await Promise.all(ids.map((id) => lane.reaches(id, 'completed')));
    expect(calls[3]).not.toBe(calls[4]);
    expect(histories.reduce((sum, { job }) => sum + job.failures, 0)).toBe(3);
    expect(histories.reduce((sum, { job }) => sum + job.deferrals, 0)).toBe(2);
    await lane.close();
  });

  it('costs none of the probes a retry that were under way together when the upstream failed them', async () => {
    const answers: (() => void)[] = [];
    let isDown = true;
    const lane = openLane(
      'together',
      async () => {
        if (!isDown) return;
        await new Promise<void>((resolve) => answers.push(resolve));
        throw failed();
      },
      { concurrency: 3, circuit: { ...CIRCUIT, restMs: 300, probeEveryMs: 20 } },
    );
    const ids = [await lane.submit(), await lane.submit(), await lane.submit()];
    // They fail at once: a first retry that began before the last of them failed would not be a probe.
    await until('three calls are under way', () => answers.length === CIRCUIT.failures);
    for (const answer of answers.splice(0)) answer();
    await until('three probes are under way', () => answers.length === 3);
    isDown = false;
    for (const answer of answers) answer();
    const histories = await Promise.all(ids.map((id) => lane.reaches(id, 'completed')));
    expect(histories.reduce((sum, { job }) => sum + job.failures, 0)).toBe(CIRCUIT.failures);
    expect(histories.map(({ job }) => job.deferrals)).toEqual([1, 1, 1]);
    await lane.close();
  });

  it('opens as well for attempts whose time was up', async () => {
    let isDown = true;
    const lane = openLane('silent', async (_, { signal }) => {
      if (!isDown) return;
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push(await lane.submit({ timeoutMs: 50 }));
    await lane.isOpen();
    isDown = false;
    await Promise.all(ids.map((id) => lane.reaches(id, 'completed')));
    await lane.close();
  });

  it("stays closed for what is a job's own fault, not the upstream's, or a request to wait", async () => {
    const errors = [
      ...Array.from({ length: 5 }, () => new FleetError('upstream_refused', 'INVALID_ARGUMENT')),
      ...Array.from({ length: 5 }, () => new TypeError('a mistake in the handler')),
      ...Array.from({ length: 5 }, () => new PacedError('slowly', 1)),
    ];
    let calls = 0;
    const lane = openLane('own-fault', async () => {
      const error = errors[calls++];
      if (error !== undefined) throw error;
    });
    const ids = [];
    for (let i = 0; i < 10; i++) ids.push(await lane.submit());
    await until('all were called', () => calls > errors.length);
    expect(await lane.circuit()).toEqual({ kind: 'closed', failuresMs: [] });
    await until('all are over', async () => {
      const { waiting, active, delayed } = await lane.queues.counts(lane.lane);
      return waiting + active + delayed === 0;
    });
    await lane.close();
  });

  it('does nothing where it is switched off', async () => {
    let calls = 0;
    const lane = openLane(
      'without',
      async () => {
        if (++calls <= 6) throw failed();
      },
      { circuit: { failures: 0 } },
    );
    const ids = [await lane.submit(), await lane.submit()];
    await Promise.all(ids.map((id) => lane.reaches(id, 'completed')));
    expect(calls).toBe(8);
    await lane.close();
  });

  it('is forgotten with a Redis that loses it, and the lane goes on when its pause is gone', async () => {
    let isDown = true;
    const lane = openLane(
      'emptied',
      async () => {
        if (isDown) throw failed();
      },
      { circuit: { ...CIRCUIT, restMs: 600_000 } },
    );
    const ids = [];
    for (let i = 0; i < 4; i++) ids.push(await lane.submit());
    await lane.isOpen();
    isDown = false;
    await space.redis.client.del(space.keys.circuit('emptied', 'ga4'));
    await until('the lane is paused', async () => (await lane.queues.pausedForMs(lane.lane)) > 0);
    await lane.queues.resumeLane(lane.lane);
    // What the channel of woken lanes tells a worker process.
    (await lane.worker).intake.heard('emptied.ga4');
    await Promise.all(ids.map((id) => lane.reaches(id, 'completed')));
    await lane.close();
  });
});
