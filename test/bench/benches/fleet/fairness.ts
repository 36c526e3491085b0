import { writeWeights } from '@sluice/fleet/redis/commands/tenantEntry';
import { jainIndex, largestDeviation } from '../../harness/fairness.js';
import { tenantOfNumber } from '../../sides/fleetNames.js';
import type { FleetSideName } from '../../sides/fleetSide.js';
import { compareSides, measureOurs, oneRound } from './compareSides.js';
import type { FleetContext, Measure } from './measure.js';
import type { CpuSplit } from './runFleet.js';
import { describeCpu, onFilledFleet, withCpu } from './runFleet.js';

const TENANTS = 50;
/** The tenants together may run five times as many jobs as the process can, and each more than its share. */
const SHAPE = { capacity: 20, slots: 2, slotConcurrency: 1, serviceMs: 2 };
const WEIGHTS = [1, 2, 3] as const;
/** Jobs that the tenant which gets on fastest does while it is counted. */
const JOBS = 1_200;

/** How evenly a process's turns are shared by tenants that always have work. */
export const fairness: Measure = {
  name: 'fairness',
  summary: "Jain's index over equal tenants, and shares against weights",
  method:
    `${TENANTS} tenants whose lanes are full before the process is started, each of which may run ${SHAPE.slots} jobs at a ` +
    `time; the process runs ${SHAPE.capacity} at a time, of ${SHAPE.serviceMs} ms each. Jobs are counted by tenant from after a ` +
    'fifth of them until the first tenant has done its own, so that all are busy all the time. With weights: a third of the ' +
    'tenants each have 1, 2 and 3, and the largest deviation of any tenant from its share is told. Bare tenants share nothing, ' +
    'and have no weights.',
  async measure(context) {
    const tenants = Math.min(TENANTS, context.tenants);
    const equal = Array.from({ length: tenants }, () => 1);
    const weighted = equal.map((_, number) => WEIGHTS[number % WEIGHTS.length] ?? 1);
    const even = await compareSides(
      oneRound(context),
      'fairness, equal tenants',
      async (side) => {
        const raced = await race(side, context, equal);
        return { figures: { jain: jainIndex(raced.shares) }, notes: [describe(raced)] };
      },
      [
        {
          metric: `Jain's index over ${tenants} always-busy equal tenants`,
          unit: 'index',
          figure: 'jain',
          target: { of: 'ours', bound: 'at-least', value: 0.98 },
        },
      ],
    );
    const byWeight = await measureOurs(
      oneRound(context),
      'fairness, weights',
      async () => {
        const raced = await race('ours', context, weighted);
        return { figures: { deviation: percent(largestDeviation(raced.shares, weighted)) }, notes: [describe(raced)] };
      },
      [
        {
          metric: `largest deviation of ${tenants} always-busy tenants from their weights`,
          unit: '%',
          figure: 'deviation',
          target: { of: 'ours', bound: 'at-most', value: 5 },
        },
      ],
    );
    return { rows: [...even.rows, ...byWeight.rows], runs: [...even.runs, ...byWeight.runs], charts: [] };
  },
};

interface Race {
  /** Jobs done by each tenant while all were busy. */
  readonly shares: readonly number[];
  readonly cpu: CpuSplit;
}

function race(side: FleetSideName, context: FleetContext, weights: readonly number[]): Promise<Race> {
  const { servers } = context;
  const tenants = weights.length;
  const first = context.jobs ?? JOBS;
  return onFilledFleet(side, context, async ({ generator, start }) => {
    await generator.fill({ from: 0, tenants, jobsEach: first });
    for (const [number, weight] of weights.entries()) {
      if (weight !== 1)
        await writeWeights(servers.redis.client, servers.keys, new Map([[tenantOfNumber(number), weight]]));
    }
    const worker = await start({ tenants, ...SHAPE });
    const fastest = Math.max(...weights);
    const all = (first * weights.reduce((sum, weight) => sum + weight, 0)) / fastest;
    const { result: shares, cpu } = await withCpu(context, { side, worker, generator }, 'fairness', () =>
      worker.race({ after: Math.floor(all / 5), first }),
    );
    return { shares, cpu };
  });
}

function percent(share: number | null): number | null {
  return share === null ? null : share * 100;
}

function describe({ shares, cpu }: Race): string {
  return `jobs by tenant while counted: ${Math.min(...shares)} to ${Math.max(...shares)}; ${describeCpu(cpu)}`;
}
