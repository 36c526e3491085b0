import { until, untilDrained } from '../../support/until.js';
import { deleteTenant } from '../load/tenants.js';
import type { Overload } from '../overload/figures.js';
import { readFigures } from '../overload/figures.js';
import type { OverloadRun } from '../overload/run.js';
import { openOverload } from '../overload/run.js';
import { countUnfinished, countWindow } from '../overload/tally.js';
import { MAX_SLOTS, SLOT_CONCURRENCY } from '../stand/environment.js';
import type { Scene, Strike } from './scene.js';
import { redisOf } from './scene.js';

/** The one tenant's backlog before its flood: its slots need two minutes to run it. */
const BACKLOG = 3_000;

/** Its backlog never falls below this. */
const LEAST_BACKLOG = 1_000;

/** Maximum resident memory of any process, in MiB: the limit of its container in the compose file. */
const MEMORY_CAP_MIB = 512;

/** Share of `measureMs` that each phase lasts. */
const CALM_PART = 0.3;
const FLOOD_PART = 0.5;

/** Fill level of Redis, as a share of its limit; jobs are not added above 0.85. */
const FULL = 0.92;

/** Timeout for an expected event in an overloaded fleet, in ms. */
const PATIENCE_MS = 60_000;

/**
 * Responses that a flood may receive: accepted, a body over its limit, the two refusals with `Retry-After`, and, on an
 * overloaded machine, none or that its request did not arrive in time.
 */
const ANSWERS = new Set(['202', '207', '413', '429', '503', 'silence', '408']);

/** Results known after the strike; the times are only known once everything has ended. */
type Counted = Omit<Overload, 'waitsMs' | 'answersMs'>;

/** The latest overload. */
let seen: { readonly overload: Counted; readonly run: OverloadRun; readonly amiss: string[] } | null = null;

const overload: Strike = {
  name: 'overload',
  summary: 'one tenant floods the fleet beyond what it runs and accepts, while others go on',
  alone: true,
  unfit: ({ stand: { redis } }) => (redis === null ? 'it fills a Redis of its own' : null),
  async strike(scene) {
    seen = null;
    const run = await openOverload(scene);
    try {
      seen = { ...(await goThrough(scene, run)), run };
    } finally {
      await redisOf(scene).ask((redis) => redis.config('SET', 'maxmemory', '0'));
      await Promise.all([run.flood.stop(), ...run.neighbours.map((neighbour) => neighbour.stop())]);
      run.memory.stop();
      // Its backlog would run for minutes, so the operator deletes the tenant.
      await deleteTenant(scene.stand.fronts[0] ?? '', scene.stand.operatorKey, run.flood.tenantId);
    }
  },
  async judge() {
    return seen === null ? [] : [...seen.amiss, ...judgeBounds(seen.overload)];
  },
  measure() {
    return seen === null
      ? { figures: [], findings: [] }
      : readFigures({ ...seen.overload, waitsMs: seen.run.waitsMs(), answersMs: seen.run.answersMs() });
  },
};

/** Phases: calm; all slots of one tenant in use; its flood; a Redis filled by it, so that it is refused. */
async function goThrough(scene: Scene, run: OverloadRun): Promise<Omit<NonNullable<typeof seen>, 'run'>> {
  const { stand, measureMs, lasts } = scene;
  const { flood, neighbours, memory } = run;
  const tenantIds = [flood.tenantId, ...neighbours.map(({ tenantId }) => tenantId)];
  const pass = (part: number) => () => lasts(part * measureMs);

  run.begin('calm');
  await pass(CALM_PART)();
  run.begin('saturated');
  await flood.fill(BACKLOG);
  await until(
    'every slot of the one tenant is in use',
    async () => (await countUnfinished(stand.ledger, flood.tenantId)).active === MAX_SLOTS * SLOT_CONCURRENCY,
    PATIENCE_MS,
  );
  const saturated = await countWindow(stand.ledger, tenantIds, pass(CALM_PART));
  flood.start();
  run.begin('flooded');
  const flooded = await countWindow(stand.ledger, tenantIds, pass(FLOOD_PART));
  run.begin(null);
  // The neighbours are served although the flood continues and its backlog remains.
  await run.untilStarted('flooded');
  const { waiting: backlog } = await countUnfinished(stand.ledger, flood.tenantId);
  run.begin('refused');
  const amiss = await untilRefused(scene, run);
  return {
    overload: { saturated, flooded, backlog, answers: flood.answers, mostMib: memory.mostMib },
    amiss,
  };
}

/** Fills Redis so that no jobs are added, until the ledger holds the maximum of unqueued jobs. */
async function untilRefused(scene: Scene, { flood }: OverloadRun): Promise<string[]> {
  const redis = redisOf(scene);
  await redis.ask(async (client) => {
    const used = Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))?.[1]);
    await client.config('SET', 'maxmemory', Math.ceil(used / FULL));
  });
  const isRefused = (): boolean => flood.answers.has('503') || flood.answers.has('429');
  // As long as jobs are accepted the limit gets closer, however slowly.
  const accepted = (): number => (flood.answers.get('202') ?? 0) + (flood.answers.get('207') ?? 0);
  const never = await untilDrained('the flood is refused', () =>
    isRefused() ? 0 : Number.MAX_SAFE_INTEGER - accepted(),
  ).then(
    () => [],
    () => ['the flood was never refused'],
  );
  await scene.lasts(CALM_PART * scene.measureMs);
  return never;
}

/** Checks the limits that hold on any machine. Pure. */
function judgeBounds({ answers, backlog, mostMib }: Counted): string[] {
  const strange = [...answers.keys()].filter((answer) => !ANSWERS.has(answer));
  const large = [...mostMib].filter(([, mib]) => mib > MEMORY_CAP_MIB);
  return [
    ...strange.map((answer) => `the flood was answered ${answer}`),
    ...large.map(([name, mib]) => `${name} had ${Math.round(mib)} MiB resident, of ${MEMORY_CAP_MIB}`),
    ...(backlog < LEAST_BACKLOG ? [`only ${backlog} jobs of the flood waited`] : []),
  ];
}

/** Overload faults. */
export const OVERLOAD_STRIKES: readonly Strike[] = [overload];
