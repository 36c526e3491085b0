import type { ClaimRequest } from '@sluice/fleet/postgres/queries/claimJobs';
import { claimJobs } from '@sluice/fleet/postgres/queries/claimJobs';
import { insertJobs } from '@sluice/fleet/postgres/queries/insertJobs';
import { readJob } from '@sluice/fleet/postgres/queries/readJob';
import type { Settlement } from '@sluice/fleet/postgres/queries/settleJobs';
import { settleJobs } from '@sluice/fleet/postgres/queries/settleJobs';
import { writeBatch } from '@sluice/fleet/postgres/queries/writeBatch';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { newJob } from '../../support/newJob.js';

let space: FleetSpace;
beforeAll(async () => {
  space = await openFleetSpace();
});
afterAll(() => space.close());

async function accepted(count: number): Promise<string[]> {
  const jobs = Array.from({ length: count }, () => newJob());
  await insertJobs(space.postgres.db, jobs);
  return jobs.map(({ id }) => id);
}

const claimOf = (id: string, change: Partial<ClaimRequest> = {}): ClaimRequest => ({
  id,
  tenantId: 'acme',
  workerId: 'w1',
  ...change,
});

const NONE = { result: null, error: null, retryInMs: null, death: null };
const ERROR = { code: 'attempt_failed', message: 'no' };

function settlementOf(id: string, fence: number, end: 'completed' | 'failed' | 'released' | 'dead'): Settlement {
  switch (end) {
    case 'completed':
      return { ...NONE, id, fence, state: 'completed', outcome: 'completed', result: { by: fence } };
    case 'failed':
      return { ...NONE, id, fence, state: 'retrying', outcome: 'failed', error: ERROR, retryInMs: 5 };
    case 'released':
      return { ...NONE, id, fence, state: 'queued', outcome: 'released' };
    case 'dead': {
      const death = { category: 'permanent', severity: 'medium' } as const;
      return { ...NONE, id, fence, state: 'dead', outcome: 'failed', error: ERROR, death };
    }
  }
}

const historyOf = async (id: string) => {
  const history = await readJob(space.postgres.db, 'acme', id);
  if (history === null) throw new Error('no such job');
  const { state, fence, failures, crashes, result, finishedAt } = history.job;
  return {
    job: { state, fence, failures, crashes, result, finished: finishedAt !== null },
    attempts: history.attempts.map(({ number, workerId, outcome, finishedAt: endedAt }) => [
      number,
      workerId,
      outcome,
      endedAt !== null,
    ]),
    deaths: history.deaths.length,
  };
};

/** One write of a random history. */
interface Step {
  readonly job: number;
  readonly act: 'claim' | 'completed' | 'failed' | 'released' | 'dead';
  /** How far behind the latest attempt the writer is: a zombie above 0. */
  readonly behind: number;
  readonly workerId: string;
}

interface Written {
  readonly claimed: unknown[];
  readonly settled: boolean[];
}

const seen = (job: Awaited<ReturnType<typeof claimJobs>>[number]) => [
  job?.state,
  job?.fence,
  job?.crashes,
  job?.result,
];

async function writeTogether(
  steps: readonly Step[],
  ids: readonly string[],
  fences: readonly number[],
): Promise<Written> {
  const isClaim = ({ act }: Step): boolean => act === 'claim';
  const { claimed, settled } = await writeBatch(space.postgres.db, {
    claims: steps.filter(isClaim).map((step) => toClaim(step, ids)),
    settlements: steps.filter((step) => !isClaim(step)).map((step) => toSettlement(step, ids, fences)),
  });
  return { claimed: claimed.map(seen), settled: [...settled] };
}

async function writeAlone(steps: readonly Step[], ids: readonly string[], fences: number[]): Promise<Written> {
  const { db } = space.postgres;
  const written: Written = { claimed: [], settled: [] };
  for (const step of steps) {
    if (step.act === 'claim') {
      const [job = null] = await claimJobs(db, [toClaim(step, ids)]);
      fences[step.job] = job?.fence ?? 0;
      written.claimed.push(seen(job));
    } else written.settled.push(...(await settleJobs(db, [toSettlement(step, ids, fences)])));
  }
  return written;
}

const toClaim = ({ job, workerId }: Step, ids: readonly string[]) => claimOf(ids[job] ?? '', { workerId });

function toSettlement({ job, act, behind }: Step, ids: readonly string[], fences: readonly number[]): Settlement {
  return settlementOf(ids[job] ?? '', (fences[job] ?? 0) - behind, act === 'claim' ? 'released' : act);
}

describe('a turn', () => {
  const step: fc.Arbitrary<Step> = fc.record({
    job: fc.nat(4),
    act: fc.constantFrom('claim', 'completed', 'failed', 'released', 'dead'),
    behind: fc.constantFrom(0, 0, 0, 1),
    workerId: fc.constantFrom('w1', 'w2'),
  });
  const turn = fc.uniqueArray(step, { maxLength: 5, selector: ({ job }) => job });

  it('does to every job what claiming and settling them one by one does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { maxLength: 6 }), async (turns) => {
        const [together, alone] = [await accepted(5), await accepted(5)];
        const fences = [0, 0, 0, 0, 0];
        for (const steps of turns) {
          const written = await writeTogether(steps, together, fences);
          expect(written).toEqual(await writeAlone(steps, alone, fences));
        }
        for (const [i, id] of together.entries()) expect(await historyOf(id)).toEqual(await historyOf(alone[i] ?? ''));
      }),
      { numRuns: 25 },
    );
  });

  it('takes nothing of another tenant, and says so of what it does not know', async () => {
    const { db } = space.postgres;
    const [mine = '', other = ''] = await accepted(2);
    const claims = [claimOf(newJob().id), claimOf(other, { tenantId: 'globex' }), claimOf(mine)];
    const { claimed } = await writeBatch(db, { claims, settlements: [] });
    expect(claimed.map((job) => job?.id ?? null)).toEqual([null, null, mine]);
    expect((await historyOf(other)).job.fence).toBe(0);
  });

  it('that is taken again, its answer lost, is told the same of settlements, and its claims are no crash', async () => {
    const { db } = space.postgres;
    const [first = '', second = ''] = await accepted(2);
    await writeBatch(db, { claims: [claimOf(first)], settlements: [] });
    const settlements = [settlementOf(first, 1, 'completed')];
    await writeBatch(db, { claims: [claimOf(second)], settlements });
    const again = await writeBatch(db, { claims: [claimOf(second, { again: true })], settlements });
    expect(again.settled).toEqual([true]);
    expect(again.claimed).toMatchObject([{ fence: 2, crashes: 0 }]);
    expect((await historyOf(second)).attempts).toEqual([
      [1, 'w1', 'released', true],
      [2, 'w1', null, false],
    ]);
  });

  it('gives a job that many claim at once to each in turn, and every fence once', async () => {
    const { db } = space.postgres;
    const [id = ''] = await accepted(1);
    const turns = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        writeBatch(db, { claims: [claimOf(id, { workerId: `w${i}` })], settlements: [] }),
      ),
    );
    const fences = turns.flatMap(({ claimed }) => claimed.map((job) => job?.fence ?? 0));
    expect(fences.sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const { job, attempts } = await historyOf(id);
    expect(job).toMatchObject({ state: 'active', fence: 8, crashes: 7 });
    expect(attempts.map(([, , outcome]) => outcome)).toEqual([...Array.from({ length: 7 }, () => 'lost'), null]);
  });
});

describe("a row that the version before wrote at an attempt's start", () => {
  async function startAsBefore(id: string): Promise<void> {
    const { $client } = space.postgres.db;
    await $client.query("UPDATE jobs SET state = 'active', fence = 1 WHERE id = $1", [id]);
    await $client.query("INSERT INTO attempts (job_id, number, tenant_id, worker_id) VALUES ($1, 1, 'acme', 'old')", [
      id,
    ]);
  }

  it('is ended by whoever settles the attempt, and by whoever claims the job after it', async () => {
    const { db } = space.postgres;
    const [settled = '', turned = '', claimed = ''] = await accepted(3);
    for (const id of [settled, turned, claimed]) await startAsBefore(id);
    expect(await settleJobs(db, [settlementOf(settled, 1, 'failed')])).toEqual([true]);
    await writeBatch(db, { claims: [claimOf(claimed)], settlements: [settlementOf(turned, 1, 'completed')] });
    expect((await historyOf(settled)).attempts).toEqual([[1, 'old', 'failed', true]]);
    expect((await historyOf(turned)).attempts).toEqual([[1, 'old', 'completed', true]]);
    expect(await historyOf(claimed)).toMatchObject({
      job: { fence: 2, crashes: 1 },
      attempts: [
        [1, 'old', 'lost', true],
        [2, 'w1', null, false],
      ],
    });
  });
});
