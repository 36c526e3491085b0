import type { FleetSideName } from '../../sides/fleetSide.js';
import type { SideRun } from './compareSides.js';
import { compareSides } from './compareSides.js';
import type { FleetContext, Measure, MeasureResult } from './measure.js';
import type { RunningFleet } from './runFleet.js';
import { describeCpu, onServedFleet, tenantsOf, withCpu } from './runFleet.js';

/** Jobs of a flood over all tenants. */
export const FLOOD_JOBS = 20_000;

/** Fewest tenants of a flood, when the largest fleet has more. */
const FEWER = 1_000;

/** How fast many jobs of many tenants are run that come all at once. */
export const flood: Measure = {
  name: 'flood',
  summary: 'Jobs per second when jobs flood in over many tenants',
  method:
    `${FLOOD_JOBS.toLocaleString('en')} jobs, the same number for each tenant, are added by a process of their own as fast as it ` +
    'can, one bulk add per tenant, fifty tenants at once, while the worker process runs. Timed from the first add until the ' +
    'function of the last job has ended. Every tenant has been served before, so all queues are open on both sides.',
  async measure(context) {
    const sizes = [...new Set([Math.min(FEWER, context.tenants), context.tenants])];
    const results: MeasureResult[] = [];
    for (const tenants of sizes) results.push(await floodOver(tenants, context));
    return {
      rows: results.flatMap(({ rows }) => rows),
      runs: results.flatMap(({ runs }) => runs),
      charts: [],
    };
  },
};

function floodOver(tenants: number, context: FleetContext): Promise<MeasureResult> {
  const jobs = Math.ceil((context.jobs ?? FLOOD_JOBS) / tenants) * tenants;
  const all = `${jobs.toLocaleString('en')} jobs flooded over ${tenants.toLocaleString('en')} tenants`;
  const run = (side: FleetSideName): Promise<SideRun<'jobsPerSecond' | 'cpuUsPerJob'>> =>
    onServedFleet(side, context, tenantsOf(tenants), async (fleet) => {
      const { jobsPerSecond, cpuUsPerJob, note } = await floodFleet(fleet, context, { tenants, jobs });
      return { figures: { jobsPerSecond, cpuUsPerJob }, notes: [note] };
    });
  return compareSides(context, `flood, ${tenants} tenants`, run, [
    {
      metric: all,
      unit: 'jobs/s',
      figure: 'jobsPerSecond',
      target: { of: 'ratio', bound: 'at-least', value: tenants > FEWER ? 1.5 : 1.2 },
    },
    { metric: `${all}: CPU of the worker process per job`, unit: 'us', figure: 'cpuUsPerJob', target: null },
  ]);
}

/** Floods a fleet whose tenants have all been served. */
export async function floodFleet(
  fleet: RunningFleet,
  context: FleetContext,
  { tenants, jobs }: { readonly tenants: number; readonly jobs: number },
): Promise<{ readonly jobsPerSecond: number; readonly cpuUsPerJob: number; readonly note: string }> {
  const { worker, generator } = fleet;
  await worker.reset();
  const { result: firstAddMs, cpu } = await withCpu(context, fleet, `flood-${tenants}`, async () => {
    const reached = worker.reach({ jobs });
    const [addedMs] = await Promise.all([generator.fill({ from: 0, tenants, jobsEach: jobs / tenants }), reached]);
    return addedMs;
  });
  const { lastEndMs } = await worker.state();
  return {
    jobsPerSecond: (jobs / ((lastEndMs ?? Number.NaN) - firstAddMs)) * 1_000,
    cpuUsPerJob: cpu.workerUs / jobs,
    note: describeCpu(cpu),
  };
}
