import type { Canary } from './canary.js';
import { canaryOf } from './canary.js';
import type { Random } from './random.js';

/** One job to request. */
export interface PlannedJob {
  readonly canary: Canary;
  readonly body: Readonly<Record<string, unknown>>;
  readonly durability: 'ledger' | 'redis';
  /** Earliest start, counted from acceptance, in ms. */
  readonly delayMs: number;
}

/** One request that a client repeats under one key until it knows the outcome. */
export interface Ask {
  readonly tenantId: string;
  readonly key: string;
  readonly kind: 'single' | 'batch';
  readonly jobs: readonly PlannedJob[];
  /** The client gives up at the first refusal and never retries. */
  readonly givesUp: boolean;
}

/** Settings of the plan. */
export interface PlanSettings {
  /** URL of the upstream of all jobs. */
  readonly upstreamUrl: string;
  /** Share of jobs accepted by Redis alone. */
  readonly redisShare: number;
  /** Jobs in a burst: more than a tenant's slots run before a fault strikes. */
  readonly burst: number;
}

type Shape = Readonly<Record<string, unknown>>;

/** Effects with their shares; the remainder are probes. */
const KINDS = [
  ['webhook', 0.3],
  ['once', 0.15],
  ['tx', 0.15],
  ['failsOnce', 0.06],
  ['permanent', 0.04],
  ['long', 0.03],
  ['invalid', 0.03],
] as const;

/**
 * Draws a tenant's next request. Pure except for the random source.
 * @param number number of the tenant's first job in it; unique within a run
 */
export function planAsk(random: Random, tenantId: string, number: number, settings: PlanSettings): Ask {
  const isBatch = random.chance(0.06);
  const count = isBatch ? 5 + random.below(20) : 1;
  const jobs = Array.from({ length: count }, (_, index) => planJob(random, tenantId, number + index, settings));
  return {
    tenantId,
    key: `key-${tenantId}-${number}`,
    kind: isBatch ? 'batch' : 'single',
    jobs,
    givesUp: random.chance(0.15),
  };
}

/**
 * Draws a batch that leaves a backlog: when a fault strikes, some jobs wait for a slot and some until they are due.
 * Pure except for the random source.
 */
export function planBurst(random: Random, tenantId: string, number: number, settings: PlanSettings): Ask {
  const jobs = Array.from({ length: settings.burst }, (_, index): PlannedJob => {
    const canary = canaryOf(tenantId, number + index);
    const upstreamUrl = `${settings.upstreamUrl}/${tenantId}`;
    const shape = random.pick([SHAPES.webhook, SHAPES.once, SHAPES.tx])(canary, upstreamUrl, 100 + random.below(200));
    const delayMs = random.chance(0.3) ? 500 + random.below(5_000) : 0;
    return { canary, durability: 'ledger', delayMs, body: { ...shape, delayMs, priority: random.below(101) } };
  });
  return { tenantId, key: `burst-${tenantId}-${number}`, kind: 'batch', jobs, givesUp: false };
}

function planJob(random: Random, tenantId: string, number: number, settings: PlanSettings): PlannedJob {
  const canary = canaryOf(tenantId, number);
  const durability = random.chance(settings.redisShare) ? 'redis' : 'ledger';
  const delayMs = random.chance(0.15) ? 100 + random.below(2_000) : 0;
  const body = {
    ...shapeOf(random, canary, `${settings.upstreamUrl}/${tenantId}`),
    ...(random.chance(0.3) ? { priority: random.below(101) } : {}),
    ...(delayMs > 0 ? { delayMs } : {}),
    ...(random.chance(0.05) ? { dedupeKey: `dedupe-${random.below(3)}` } : {}),
    durability,
  };
  return { canary, body, durability, delayMs };
}

function shapeOf(random: Random, canary: Canary, upstreamUrl: string): Shape {
  const holdMs = random.below(150);
  let left = random.next();
  for (const [kind, share] of KINDS) {
    left -= share;
    if (left < 0) return SHAPES[kind](canary, upstreamUrl, holdMs);
  }
  return { task: 'system.probe', data: { sleepMs: holdMs, note: canary } };
}

const SHAPES: Record<(typeof KINDS)[number][0], (canary: Canary, upstreamUrl: string, holdMs: number) => Shape> = {
  webhook: (canary, url, holdMs) => ({
    task: 'notifications.webhook',
    data: { url: `${url}/${canary}/${holdMs}`, payload: { canary } },
  }),
  once: (canary, url, holdMs) => ({
    task: 'system.fault',
    data: { effect: 'once', sinkUrl: `${url}/${canary}/${holdMs}` },
  }),
  // Nothing is sent to it: the URL only carries the canary.
  tx: (canary, url, holdMs) => ({
    task: 'system.fault',
    data: { effect: 'tx', holdMs, sinkUrl: `${url}/${canary}/0` },
  }),
  failsOnce: (canary) => ({ task: 'system.probe', data: { fail: 'transient', failTimes: 1, note: canary } }),
  permanent: (canary) => ({ task: 'system.probe', data: { fail: 'permanent', note: canary } }),
  long: (canary, _url, holdMs) => ({ task: 'system.probe', data: { sleepMs: 3_000 + holdMs * 20, note: canary } }),
  invalid: (canary) => ({ task: 'system.probe', data: { sleepMs: -1, note: canary } }),
};
