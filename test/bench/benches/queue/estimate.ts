import { replaceTenantQuotas } from '@sluice/fleet/postgres/queries/tenantQuotas';
import { insertTenant } from '@sluice/fleet/postgres/queries/tenants';
import type { JobBody } from '@sluice/shared/contracts/jobs';
import { jobBodySchema } from '@sluice/shared/contracts/jobs';
import type { QueueClass } from '@sluice/shared/contracts/queueClass';
import type { UpstreamQuota } from '@sluice/shared/contracts/upstreamQuota';
import { mix32 } from '@sluice/shared/domain/hash';
import { untilDrained } from '../../../support/until.js';
import { median } from '../../harness/median.js';
import type { BenchServers } from '../../harness/servers.js';
import type { Target } from '../../harness/target.js';
import { startReportingWorker } from '../../sides/reportingWorker.js';
import { openBenchClient } from './openBenchClient.js';
import type { QueuePart } from './part.js';
import { ownRow } from './part.js';
import type { EstimatedWait } from './steadyLane.js';
import { askInSteadyLane } from './steadyLane.js';

/** A lane under steady load. */
interface Shape {
  readonly name: string;
  readonly queueClass: QueueClass;
  /** Jobs that the tenant's one slot runs at a time. */
  readonly slotConcurrency: number;
  readonly quota: UpstreamQuota | null;
  readonly bodyOf: (index: number) => JobBody;
}

/** What was said of a job's wait, and what it was. */
interface JudgedWait extends EstimatedWait {
  readonly waitedMs: number;
}

const TENANT = 'bench';
const WAITING = 40;
const WINDOW_S = 30;
/** A lane of a short window is short, so that its end is not waited for. */
const LEAST_WAITING = 10;
const ANSWER_MS = 50;
const QUOTA: UpstreamQuota = { callsPerWindow: 20, windowMs: 2_000, callsAtATime: null };
const TARGET: Target = { of: 'ours', bound: 'at-most', value: 25 };

const REPORT = { propertyId: '1', report: 'page_views', startDate: '2daysAgo', endDate: 'today' };

/** Probes that take 50..150 ms, the same in every run. */
const probe = (index: number): JobBody =>
  jobBodySchema.parse({ task: 'system.probe', data: { sleepMs: 50 + (mix32(index) % 101) } });

const report = (): JobBody => jobBodySchema.parse({ task: 'ga4.run_report', data: REPORT });

const SHAPES: readonly Shape[] = [
  { name: 'one at a time', queueClass: 'default', slotConcurrency: 1, quota: null, bodyOf: probe },
  { name: 'four at a time', queueClass: 'default', slotConcurrency: 4, quota: null, bodyOf: probe },
  { name: '20 calls in 2 s', queueClass: 'ga4', slotConcurrency: 4, quota: QUOTA, bodyOf: report },
];

/** How well the wait of a job is told. */
export const estimate: QueuePart = {
  name: 'estimate',
  summary: 'How far the estimated wait is from the true one on steady load',
  method:
    `A worker process runs the jobs of one lane, which is kept at ${WAITING} waiting jobs for ${WINDOW_S} s: probes of 50..150 ms, one or four ` +
    `at a time, and reports of ${ANSWER_MS} ms under a quota of 20 calls in 2 s. Some 20 times a second four jobs anywhere in the lane are asked ` +
    'for, as the API answers; the true wait is from that answer to the start in the ledger. The error is the median of |p50 - wait| / wait.',
  async measure(servers, { seconds, profileDir, progress }) {
    const windowMs = (seconds ?? WINDOW_S) * 1_000;
    const found = [];
    for (const shape of SHAPES) {
      const waits = await measureShape(servers, shape, { windowMs, profileDir });
      const { errorPercent, withinP90Percent } = judge(waits);
      const run = describeRun(shape, waits);
      progress(run);
      found.push({
        rows: [
          ownRow(`error of the estimated wait, ${shape.name}`, '%', errorPercent, TARGET),
          ownRow(`jobs that start within their p90, ${shape.name}`, '%', withinP90Percent, null),
        ],
        run,
      });
    }
    return { rows: found.flatMap(({ rows }) => rows), runs: found.map(({ run }) => run) };
  },
};

async function measureShape(
  servers: BenchServers,
  { queueClass, slotConcurrency, quota, bodyOf }: Shape,
  { windowMs, profileDir }: { readonly windowMs: number; readonly profileDir: string | null },
): Promise<JudgedWait[]> {
  await servers.clear();
  await insertTenant(servers.postgres.db, { id: TENANT, name: TENANT, signingSecret: 'whsec_' });
  await replaceTenantQuotas(servers.postgres.db, TENANT, new Map(quota === null ? [] : [['ga4', quota]]));
  const stopWorker = await startReportingWorker(servers, { slotConcurrency, answerMs: ANSWER_MS, profileDir });
  try {
    const fleet = await openBenchClient(servers, slotConcurrency);
    try {
      const waiting = Math.min(WAITING, Math.max(LEAST_WAITING, Math.ceil(windowMs / 500)));
      const told = await askInSteadyLane(fleet, { lane: { tenantId: TENANT, queueClass }, waiting, windowMs, bodyOf });
      const starts = await readStarts(servers, [...new Set(told.map(({ id }) => id))]);
      return told.map((one) => ({ ...one, waitedMs: (starts.get(one.id) ?? Infinity) - one.atMs }));
    } finally {
      await fleet.close();
    }
  } finally {
    await stopWorker();
  }
}

/** When jobs started, unix ms by the ledger, which runs on this machine's clock; waits until they all have ended. */
async function readStarts({ postgres }: BenchServers, ids: readonly string[]): Promise<Map<string, number>> {
  const statement = `SELECT job_id, extract(epoch FROM started_at)::float8 * 1000 AS started_ms
                     FROM attempts WHERE outcome = 'completed' AND job_id = ANY($1::uuid[])`;
  const read = async () =>
    (await postgres.db.$client.query<{ job_id: string; started_ms: number }>(statement, [ids])).rows;
  await untilDrained('all jobs that were asked for have run', async () => ids.length - (await read()).length);
  return new Map((await read()).map((row) => [row.job_id, row.started_ms]));
}

/** One that starts while it is asked for has waited for a millisecond: there is no share of nothing. */
const errorOf = ({ p50Ms, waitedMs }: JudgedWait): number => {
  const waited = Math.max(1, waitedMs);
  return (100 * Math.abs(p50Ms - waited)) / waited;
};

function judge(waits: readonly JudgedWait[]) {
  const within = waits.filter(({ waitedMs, p90Ms }) => waitedMs <= p90Ms).length;
  return {
    errorPercent: median(waits.map(errorOf)),
    withinP90Percent: waits.length === 0 ? null : (100 * within) / waits.length,
  };
}

/** With the error by place: the first wait for what runs, the last for all that is ahead. */
function describeRun({ name }: Shape, waits: readonly JudgedWait[]): string {
  const among = (from: number, to: number): string => {
    const some = waits.filter(({ position }) => position >= from && position <= to);
    const bias = median(some.map(({ p50Ms, waitedMs }) => p50Ms - waitedMs));
    return `places ${from}-${to}: ${median(some.map(errorOf))?.toFixed(1) ?? '-'} % (${bias?.toFixed(0) ?? '-'} ms)`;
  };
  const places = [among(1, 3), among(4, 10), among(11, 20), among(21, WAITING)].join(', ');
  const { withinP90Percent } = judge(waits);
  return `${name}: ${waits.length} estimates; median error (and median of p50 - wait) at ${places}; ${withinP90Percent?.toFixed(1)} % within p90`;
}
