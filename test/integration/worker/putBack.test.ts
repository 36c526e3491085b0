import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import type { TestLane } from './support.js';
import { openTestLane } from './support.js';

/** A task of the fleet that the worker under test has no handler of. */
const ELSEWHERE = 'notifications.webhook';
const DATA = { url: 'https://example.com/', payload: {} };

describe('a job that this worker cannot run', () => {
  let space: FleetSpace;
  const lanes: TestLane[] = [];
  beforeAll(async () => {
    space = await openFleetSpace();
  });
  afterAll(async () => {
    await Promise.all(lanes.map((lane) => lane.close()));
    await space.close();
  });

  function open(tenantId: string, patienceMs: number, name = 'system.probe'): TestLane {
    const task = { name, queueClass: 'default' };
    const lane = openTestLane(space, { tenantId, patienceMs, task, handler: async () => ({ ran: true }) });
    lanes.push(lane);
    return lane;
  }

  it('is put back, costing nothing, until a worker comes that knows its task', async () => {
    const old = open('rolling', 600_000);
    const id = await old.submit({ task: ELSEWHERE, data: DATA });
    const { job, attempts } = await old.reaches(id, 'retrying');
    expect(job).toMatchObject({ startedAt: null, failures: 0 });
    expect(job.error).toMatchObject({ code: 'unknown_task' });
    expect(attempts).toMatchObject([{ outcome: 'released', error: { code: 'unknown_task' } }]);
    await old.close();
    const done = await open('rolling', 600_000, ELSEWHERE).reaches(id, 'completed');
    expect(done.job.result).toEqual({ ran: true });
  });

  it('is dead-lettered when it was put back for as long as the patience allows', async () => {
    const lane = open('impatient', 1_200);
    const [unknown, refused] = await Promise.all([
      lane.submit({ task: ELSEWHERE, data: DATA }),
      lane.submit({ data: { sleepMs: 'long' } }),
    ]);
    for (const [id, code] of [
      [unknown, 'unknown_task'],
      [refused, 'invalid_request'],
    ] as const) {
      const { job, attempts } = await lane.reaches(id, 'dead');
      expect(job.error).toMatchObject({ code });
      const outcomes = attempts.map(({ outcome }) => outcome);
      expect(outcomes.at(-1)).toBe('failed');
      expect(outcomes.slice(0, -1).length).toBeGreaterThan(0);
      expect(new Set(outcomes.slice(0, -1))).toEqual(new Set(['released']));
    }
  });

  it('is dead-lettered at once without patience', async () => {
    const lane = open('at-once', 0);
    const { attempts } = await lane.reaches(await lane.submit({ task: ELSEWHERE, data: DATA }), 'dead');
    expect(attempts).toHaveLength(1);
  });
});
