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

/** What one tenant has waiting before it floods: its slots run it in two minutes. */
const BACKLOG = 3_000;

/** It keeps at least so many waiting all the time. */
const LEAST_BACKLOG = 1_000;

/** No process may ever have more resident, in MiB: the limit of its container in the compose file. */
const MEMORY_CAP_MIB = 512;

/** Parts of `measureMs` that each part of it lasts. */
const CALM_PART = 0.3;
const FLOOD_PART = 0.5;

/** How full Redis is made, as a share of its bound; jobs are kept out above 0.85. */
const FULL = 0.92;

/** An overloaded fleet may take so long for what must come, in ms. */
const PATIENCE_MS = 60_000;

/**
 * Answers that a flood may hear: accepted, a body over its bound, the two refusals that say when to come back, and none, or
 * that its request did not arrive in time, where the machine has no time for it.
 */
const ANSWERS = new Set(['202', '207', '413', '429', '503', 'silence', '408']);

/** What is known when it has struck; its times are, when everything has ended. */
type Counted = Omit<Overload, 'waitsMs' | 'answersMs'>;

/** The latest one. */
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
      // What it has waiting would run for minutes: its operator deletes it.
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

/** Calm; then every slot of one tenant in use; then its flood; then a Redis that is full of it, so that it is refused. */
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
  // They are served although the flood goes on and its backlog stays.
  await run.untilStarted('flooded');
  const { waiting: backlog } = await countUnfinished(stand.ledger, flood.tenantId);
  run.begin('refused');
  const amiss = await untilRefused(scene, run);
  return {
    overload: { saturated, flooded, backlog, answers: flood.answers, mostMib: memory.mostMib },
    amiss,
  };
}

/** Leaves Redis so little room that no jobs are added, until the ledger holds as many without a place as it may. */
async function untilRefused(scene: Scene, { flood }: OverloadRun): Promise<string[]> {
  const redis = redisOf(scene);
  await redis.ask(async (client) => {
    const used = Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))?.[1]);
    await client.config('SET', 'maxmemory', Math.ceil(used / FULL));
  });
  const isRefused = (): boolean => flood.answers.has('503') || flood.answers.has('429');
  // While more is accepted the bound comes nearer, however slowly.
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

/** What holds whatever the machine. Pure. */
function judgeBounds({ answers, backlog, mostMib }: Counted): string[] {
  const strange = [...answers.keys()].filter((answer) => !ANSWERS.has(answer));
  const large = [...mostMib].filter(([, mib]) => mib > MEMORY_CAP_MIB);
  return [
    ...strange.map((answer) => `the flood was answered ${answer}`),
    ...large.map(([name, mib]) => `${name} had ${Math.round(mib)} MiB resident, of ${MEMORY_CAP_MIB}`),
    ...(backlog < LEAST_BACKLOG ? [`only ${backlog} jobs of the flood waited`] : []),
  ];
}

/** Faults of too much work. */
export const OVERLOAD_STRIKES: readonly Strike[] = [overload];
