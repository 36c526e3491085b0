import { quantile } from '../../../support/quantile.js';
import { median } from '../../harness/median.js';
import { toRow } from './compareSides.js';
import type { FleetContext, Measure } from './measure.js';
import { onFilledFleet, withCpu } from './runFleet.js';

const BACKLOG = 100_000;
const SECONDS = 40;
const EVERY_MS = 200;
const ROUNDS = 1;
/** The flooding tenant may run 5 x 4 jobs at a time, twice what the process can: the other has to get its turn. */
const SHAPE = { tenants: 2, capacity: 10, slots: 5, slotConcurrency: 4, serviceMs: 20 };

/** What a tenant notices of another one that has flooded the process with jobs. */
export const neighbour: Measure = {
  name: 'neighbour',
  summary: 'Wait of a tenant beside another that floods the process, against its wait alone',
  method:
    `One worker process that runs ${SHAPE.capacity} jobs at a time, of ${SHAPE.serviceMs} ms each. One tenant adds a job each ` +
    `${EVERY_MS} ms for ${SECONDS} s (five times as often as once per second, so that the 99th percentile is of ` +
    `${(SECONDS * 1_000) / EVERY_MS} jobs), once alone and once while another tenant, which may run ` +
    `${SHAPE.slots * SHAPE.slotConcurrency} jobs at a time, has ${BACKLOG.toLocaleString('en')} waiting. The column reference is ` +
    'the tenant alone, in our own process: in bare BullMQ tenants that share a capacity share a queue, and the wait is the ' +
    'whole backlog.',
  async measure(context) {
    const backlog = context.jobs ?? BACKLOG;
    const runs: string[] = [];
    const rounds: { readonly beside: number; readonly alone: number }[] = [];
    for (let round = 1; round <= (context.rounds ?? ROUNDS); round++) {
      const first = await waitP99(context, round % 2 === 1 ? 0 : backlog);
      const second = await waitP99(context, round % 2 === 1 ? backlog : 0);
      const [alone, beside] = round % 2 === 1 ? [first, second] : [second, first];
      rounds.push({ alone, beside });
      runs.push(
        `neighbour, round ${round}: p99 ${beside.toFixed(2)} ms beside the flood, ${alone.toFixed(2)} ms alone`,
      );
      context.progress(runs.at(-1) ?? '');
    }
    const figures = {
      ours: median(rounds.map(({ beside }) => beside)),
      reference: median(rounds.map(({ alone }) => alone)),
      ratio: median(rounds.map(({ beside, alone }) => beside / alone)),
    };
    const row = {
      metric: `p99 wait of a tenant beside one with ${backlog.toLocaleString('en')} waiting (reference: alone)`,
      unit: 'ms',
      target: { of: 'ratio', bound: 'at-most', value: 2 } as const,
    };
    return { rows: [toRow(row, figures)], runs, charts: [] };
  },
};

/** The 99th percentile of the second tenant's waits, while the first has so many jobs waiting; in ms. */
function waitP99(context: FleetContext, backlog: number): Promise<number> {
  return onFilledFleet('ours', context, async ({ generator, start }) => {
    await generator.fill({ from: 1, tenants: 1, jobsEach: 1 });
    await generator.fill({ from: 0, tenants: 1, jobsEach: 1 + backlog });
    const worker = await start(SHAPE);
    await worker.reach({ tenants: 2 });
    await worker.reset();
    const jobs = Math.max(1, Math.floor(((context.seconds ?? SECONDS) * 1_000) / EVERY_MS));
    await withCpu(context, { side: 'ours', worker, generator }, backlog > 0 ? 'beside' : 'alone', async () => {
      await generator.singles({ from: 1, tenants: 1, jobs, everyMs: EVERY_MS });
      await worker.reach({ timed: jobs });
    });
    return quantile(await worker.waits(), 0.99) ?? Number.NaN;
  });
}
