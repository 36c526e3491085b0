import { replaceTenantQuotas } from '@sluice/fleet/postgres/queries/tenantQuotas';
import { insertTenant } from '@sluice/fleet/postgres/queries/tenants';
import { observeLanes } from '@sluice/fleet/queue/observe/observeLanes';
import type { Ga4ReportData } from '@sluice/ga4';
import { ga4RunReport } from '@sluice/ga4';
import { readQuotaUse } from '@sluice/limits/internal';
import { bucketOf, laneName } from '@sluice/shared/domain/lane';
import { PacedError } from '@sluice/shared/errors/pacedError';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { until } from '../../support/until.js';
import type { TestLaneOptions } from './support.js';
import { openTestLane } from './support.js';

const DATA = { propertyId: '1', report: 'page_views', startDate: '7daysAgo', endDate: 'today' };

describe('a job of a task with an upstream', () => {
  let space: FleetSpace;
  beforeAll(async () => {
    space = await openFleetSpace();
  });
  afterAll(() => space.close());

  async function openLane(
    tenantId: string,
    quota: { readonly callsPerWindow: number | null; readonly windowMs: number; readonly callsAtATime: number | null },
    handler: TestLaneOptions['handler'],
    measures: NonNullable<TestLaneOptions['measures']> = {},
  ) {
    const { db } = space.postgres;
    await insertTenant(db, { id: tenantId, name: tenantId, signingSecret: 'whsec_' });
    expect(await replaceTenantQuotas(db, tenantId, new Map([['ga4', quota]]))).toBe(true);
    const task = { name: ga4RunReport.name, queueClass: ga4RunReport.queueClass };
    const lane = openTestLane(space, { tenantId, handler, task, concurrency: 8, measures });
    return { ...lane, submit: () => lane.submit({ data: DATA }) };
  }

  function openProperties(tenantId: string, handler: (data: Ga4ReportData) => Promise<unknown>) {
    const task = { name: ga4RunReport.name, queueClass: ga4RunReport.queueClass };
    return openTestLane(space, { tenantId, handler: handler as TestLaneOptions['handler'], task });
  }

  async function sightOf(tenantId: string) {
    const name = laneName({ tenantId, queueClass: 'ga4' });
    return (await observeLanes(space.redis.client, space.keys, bucketOf(tenantId), [name])).lanes[0];
  }

  it('waits in its place while the quota is used up, in a lane that pauses, and runs by itself when it refills', async () => {
    const starts: number[] = [];
    const quota = { callsPerWindow: 3, windowMs: 3_000, callsAtATime: null };
    const lane = await openLane('window', quota, async () => void starts.push(Date.now()));
    const ids = [];
    for (let i = 0; i < 7; i++) ids.push(await lane.submit());
    await until('three ran', () => starts.length >= 3);
    await until('the lane is paused', async () => ((await sightOf('window'))?.rateLimitedMs ?? 0) > 500);
    expect(starts).toHaveLength(3);
    const histories = await Promise.all(ids.map((id) => lane.reaches(id, 'completed')));
    expect(starts).toHaveLength(7);
    for (const [index, at] of starts.entries()) {
      const threeBefore = starts[index - 3];
      if (threeBefore !== undefined) expect(at - threeBefore).toBeGreaterThanOrEqual(2_900);
    }
    for (const { job } of histories) expect(job).toMatchObject({ failures: 0, crashes: 0, deferrals: 0 });
    await lane.close();
  });

  it('has waited until its quota let it through, by the ledger and by what is measured', async () => {
    const waits: number[] = [];
    const quota = { callsPerWindow: 1, windowMs: 400, callsAtATime: null };
    const lane = await openLane('waited', quota, async () => null, {
      waited: (_, seconds) => void waits.push(seconds),
    });
    const ids = await Promise.all(Array.from({ length: 6 }, () => lane.submit()));
    const histories = await Promise.all(ids.map((id) => lane.reaches(id, 'completed')));
    for (const { job, attempts } of histories) expect(job.startedAt).toEqual(attempts.at(-1)?.startedAt);
    expect(waits).toHaveLength(6);
    expect(Math.max(...waits)).toBeGreaterThanOrEqual(1.9);
    await lane.close();
  });

  it('never has more calls under way than may be at a time', async () => {
    let running = 0;
    let most = 0;
    const lane = await openLane('at-a-time', { callsPerWindow: null, windowMs: 1_000, callsAtATime: 2 }, async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 50));
      running--;
    });
    const ids = await Promise.all(Array.from({ length: 10 }, () => lane.submit()));
    await Promise.all(ids.map((id) => lane.reaches(id, 'completed')));
    expect(most).toBe(2);
    await until('no call is under way', async () => {
      const owner = { tenantId: 'at-a-time', upstream: 'ga4' };
      return (await readQuotaUse(space.redis.client, space.keys, owner, 1_000)).underWay === 0;
    });
    await lane.close();
  });

  it('goes back to its place when the upstream asks to wait, with the whole lane, however often, at no cost', async () => {
    let calls = 0;
    const lane = await openLane('paced', { callsPerWindow: null, windowMs: 1_000, callsAtATime: 1 }, async () => {
      calls++;
      if (calls <= 3) throw new PacedError('slowly', 400);
      return calls;
    });
    const [first, second] = [await lane.submit(), await lane.submit()];
    const histories = [await lane.reaches(first, 'completed'), await lane.reaches(second, 'completed')];
    for (const { job } of histories) expect(job).toMatchObject({ failures: 0, crashes: 0, maxAttempts: 1 });
    // Jobs of one priority may change places when they go back.
    expect(histories.reduce((sum, { job }) => sum + job.deferrals, 0)).toBe(3);
    const attempts = histories.flatMap((history) => history.attempts);
    expect(attempts.filter(({ outcome }) => outcome === 'deferred')).toHaveLength(3);
    expect(calls).toBe(5);
    await lane.close();
  });

  it('pauses the lane for twice as long each time that the upstream asks to wait and names no time', async () => {
    const starts: number[] = [];
    const lane = await openLane('untold', { callsPerWindow: null, windowMs: 1_000, callsAtATime: 1 }, async () => {
      starts.push(Date.now());
      if (starts.length <= 2) throw new PacedError('slowly', null);
    });
    const id = await lane.submit();
    const { job } = await lane.reaches(id, 'completed');
    expect(job).toMatchObject({ failures: 0, deferrals: 2 });
    const [first = 0, second = 0, third = 0] = starts;
    expect(second - first).toBeGreaterThanOrEqual(1_900);
    expect(third - second).toBeGreaterThanOrEqual(3_900);
    await lane.close();
  });

  it('puts off the jobs of a property that asks to wait, by themselves, while others go on', async () => {
    const calls: string[] = [];
    const handler = async ({ propertyId, offset }: Ga4ReportData) => {
      calls.push(`${propertyId}/${offset}`);
      if (calls.length === 1) {
        throw new PacedError('Exhausted property tokens per day.', 3_000, { ofPart: true });
      }
    };
    const lane = openProperties('parts', handler);
    const exhausted = [];
    for (let i = 0; i < 4; i++) exhausted.push(await lane.submit({ data: { ...DATA, offset: i } }));
    const others = [];
    for (let i = 0; i < 4; i++) others.push(await lane.submit({ data: { ...DATA, propertyId: '2', offset: i } }));
    for (const id of others) await lane.reaches(id, 'completed');
    expect(calls).toEqual(['1/0', '2/0', '2/1', '2/2', '2/3']);
    expect((await sightOf('parts'))?.rateLimitedMs ?? 0).toBe(0);
    const histories = await Promise.all(exhausted.map((id) => lane.reaches(id, 'completed')));
    // Put off once each, however long it lasts; only one of them called.
    for (const { job } of histories) expect(job).toMatchObject({ failures: 0, crashes: 0, deferrals: 1 });
    expect(calls).toHaveLength(5 + 4);
    await lane.close();
  });

  it('does not call a property again whose last answer left nothing, and other properties go on', async () => {
    let calls = 0;
    const lane = openProperties('used-up', async ({ propertyId }) => {
      calls++;
      const remaining = propertyId === '1' ? 0 : 5;
      return { propertyQuota: { tokensPerDay: { consumed: 10, remaining } } };
    });
    await lane.reaches(await lane.submit({ data: DATA }), 'completed');
    const held = [await lane.submit({ data: DATA }), await lane.submit({ data: DATA })];
    await lane.reaches(await lane.submit({ data: { ...DATA, propertyId: '2' } }), 'completed');
    for (const id of held) {
      const { job, attempts } = await lane.reaches(id, 'retrying');
      expect([job.deferrals, attempts.length]).toEqual([1, 1]);
      expect(Number(job.dueAt) - Date.now()).toBeGreaterThan(3_500_000);
    }
    expect(calls).toBe(2);
    await lane.close();
  });

  it('runs soon after a pause was ended before its time', async () => {
    const { db } = space.postgres;
    const none = { callsPerWindow: 1, windowMs: 600_000, callsAtATime: null };
    let ran = 0;
    const lane = await openLane('raised', none, async () => ++ran);
    const first = await lane.submit();
    await lane.reaches(first, 'completed');
    const second = await lane.submit();
    await until('the lane is paused', async () => ((await sightOf('raised'))?.rateLimitedMs ?? 0) > 0);
    await replaceTenantQuotas(db, 'raised', new Map([['ga4', { ...none, callsPerWindow: 5 }]]));
    await lane.queues.resumeLane(lane.lane);
    // What the channel of woken lanes tells a worker process.
    (await lane.worker).intake.heard(laneName(lane.lane));
    await until('the second ran', () => ran === 2);
    await lane.reaches(second, 'completed');
    await lane.close();
  });
});
