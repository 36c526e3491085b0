import { readJobRow } from '@sluice/fleet/postgres/queries/readJob';
import { insertTenant } from '@sluice/fleet/postgres/queries/tenants';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createBatchOrder } from '@sluice/fleet/submit/batchOrder';
import type { PreparedJob } from '@sluice/fleet/submit/prepareJob';
import { prepareJob } from '@sluice/fleet/submit/prepareJob';
import type { JobBody } from '@sluice/shared/contracts/jobs';
import { jobBodySchema } from '@sluice/shared/contracts/jobs';
import { newId } from '@sluice/shared/ids/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FLEET_TASKS } from '../../support/fleetTasks.js';
import { until } from '../../support/until.js';
import type { AcceptorSpace, USERS } from './support.js';
import { openAcceptor } from './support.js';

const SUBMISSION = { role: 'member', submitter: 'ann', traceparent: null, priorityRules: null, recentJobs: 0 } as const;

/** A job that does nothing. */
function jobOf(tenantId: string, body: Partial<JobBody> = {}, id = newId()): PreparedJob {
  const whole = jobBodySchema.parse({ task: 'system.probe', data: {}, ...body });
  return prepareJob({ ...SUBMISSION, id, tenantId }, whole, FLEET_TASKS);
}

// The same promises, however a process configures its acceptor.
describe.each<keyof typeof USERS>(['producer', 'queued client'])('the acceptor of a %s', (user) => {
  let at: AcceptorSpace;
  let lanes: ReturnType<typeof createLaneQueues>;
  beforeAll(async () => {
    at = await openAcceptor(user);
    lanes = createLaneQueues(at.space.redis.client, at.space.keys);
  });
  afterAll(async () => {
    await lanes.close();
    await at.close();
  });

  let tenants = 0;
  async function newTenant(): Promise<string> {
    const id = `tenant-${++tenants}`;
    await insertTenant(at.space.postgres.db, { id, name: id, signingSecret: 'whsec_' });
    return id;
  }
  const stateOf = async ({ row }: PreparedJob) =>
    (await readJobRow(at.space.postgres.db, row.tenantId, row.id))?.state ?? null;
  const positionOf = ({ lane, row }: PreparedJob) => lanes.position(lane, row.id);
  const accept = (job: PreparedJob) => at.acceptor.accept(job);
  const whenAccepting = (tenantId: string, body: Partial<JobBody>) =>
    until('jobs are accepted and added again', async () => {
      const acceptance = await accept(jobOf(tenantId, body)).catch(() => null);
      return acceptance?.kind === 'new' && acceptance.state === 'queued';
    });

  it('commits a job, adds it to its lane and marks it as queued', async () => {
    const tenant = await newTenant();
    const [job, delayed] = [jobOf(tenant), jobOf(tenant, { delayMs: 60_000 })];
    expect(await Promise.all([accept(job), accept(delayed)])).toMatchObject([
      { kind: 'new', state: 'queued' },
      { kind: 'new', state: 'delayed' },
    ]);
    expect([await positionOf(job), await positionOf(delayed)]).toEqual([1, null]);
    await until(
      'both are marked',
      async () => (await stateOf(job)) === 'queued' && (await stateOf(delayed)) !== 'accepted',
    );
  });

  it('recognises the same id again, and adds it once', async () => {
    const tenant = await newTenant();
    const job = jobOf(tenant);
    expect([await accept(job), await accept(job)]).toMatchObject([{ kind: 'new' }, { kind: 'known' }]);
    expect(await lanes.counts(job.lane)).toMatchObject({ waiting: 1 });
  });

  it.each(['ledger', 'redis'] as const)('refuses a duplicate, naming the other job (%s)', async (durability) => {
    const tenant = await newTenant();
    const body = { durability, dedupeKey: 'only-one' };
    const [first, second] = [jobOf(tenant, body), jobOf(tenant, body)];
    await accept(first);
    const refusal = { code: 'duplicate_job', members: { jobId: first.row.id } };
    await expect(accept(second)).rejects.toMatchObject(refusal);
    expect(await lanes.counts(first.lane)).toMatchObject({ waiting: 1 });
  });

  it('adds a job with durability redis first; its row follows, also as cancelled', async () => {
    const tenant = await newTenant();
    const [job, cancelled] = [jobOf(tenant, { durability: 'redis' }), jobOf(tenant, { durability: 'redis' })];
    expect(await accept(job)).toMatchObject({ kind: 'new', state: 'queued' });
    const late = at.acceptor.late(job.row.id);
    expect(late?.row.id).toBe(job.row.id);
    await accept(cancelled);
    const lateCancelled = at.acceptor.late(cancelled.row.id);
    lateCancelled?.cancel();
    await Promise.all([late?.written, lateCancelled?.written]);
    expect([await stateOf(job), await positionOf(job), await stateOf(cancelled)]).toEqual(['queued', 1, 'cancelled']);
    expect([at.acceptor.late(job.row.id), at.acceptor.late(cancelled.row.id)]).toEqual([null, null]);
  });

  it.each(['ledger', 'redis'] as const)('adds the jobs of a batch in their order (%s)', async (durability) => {
    const tenant = await newTenant();
    const nextTicket = createBatchOrder();
    const jobs = Array.from({ length: 100 }, () => jobOf(tenant, { durability }));
    const accepting = jobs.map((job) => at.acceptor.accept(job, nextTicket()));
    await Promise.all(accepting);
    const [{ lane } = jobOf(tenant)] = jobs;
    const ids = jobs.map(({ row }) => row.id);
    expect(await lanes.positions(lane, ids)).toEqual(ids.map((_, index) => index + 1));
  });

  it('accepts without Redis what the ledger holds, and refuses what only Redis would', async () => {
    const tenant = await newTenant();
    at.redis.cut();
    const job = jobOf(tenant);
    expect(await accept(job)).toMatchObject({ kind: 'new', state: 'accepted' });
    expect(await stateOf(job)).toBe('accepted');
    await expect(accept(jobOf(tenant, { durability: 'redis' }))).rejects.toMatchObject({ code: 'unavailable' });
    at.redis.mend();
    await whenAccepting(tenant, {});
  });

  it('accepts without the ledger what Redis holds, and writes the rows when the ledger is back', async () => {
    const tenant = await newTenant();
    at.postgres.cut();
    await expect(accept(jobOf(tenant))).rejects.toMatchObject({ code: 'unavailable' });
    const job = jobOf(tenant, { durability: 'redis', dedupeKey: 'by-lane' });
    expect(await accept(job)).toMatchObject({ kind: 'new', state: 'queued' });
    const second = jobOf(tenant, { durability: 'redis', dedupeKey: 'by-lane' });
    await expect(accept(second)).rejects.toMatchObject({ code: 'duplicate_job', members: { jobId: job.row.id } });
    expect([await stateOf(job), at.acceptor.late(second.row.id)]).toEqual([null, null]);
    at.postgres.mend();
    await until('the row is written', async () => (await stateOf(job)) === 'queued');
    await whenAccepting(tenant, {});
  });
});
