import { systemClock } from '@sluice/shared/lifecycle/clock';
import type { PeriodicService } from '@sluice/shared/lifecycle/runEvery';
import type { RecoveryHooks } from './recover/recoveryLoops.js';
import { createRecoveryLoops } from './recover/recoveryLoops.js';
import { restoreSchedules } from './recover/restoreSchedules.js';
import { repairWeights } from './repair/repairWeights.js';
import { forgetKeys } from './retain/forgetKeys.js';
import { retireUnusedLanes } from './retain/retireLanes.js';
import type { ScalerDeps } from './scalerDeps.js';
import { createScoreKeeper } from './score/scoreKeeper.js';
import { whileLeading } from './whileLeading.js';

/** Interval of comparing job schedulers in Redis with the ledger, in ms. */
const RESTORE_EVERY_MS = 30_000;

/** Interval of checking whether waiting jobs need rescoring, in ms. */
const SCORE_EVERY_MS = 10_000;

/** Interval of comparing weights in Redis with the ledger, in ms. */
const REPAIR_EVERY_MS = 30_000;

/** Interval of deleting old rows, in ms. */
const RETAIN_EVERY_MS = 3_600_000;

/** Minimum and maximum interval of searching for unused lanes, in ms. */
const RETIRE_EVERY_MS = { least: 1_000, most: 600_000 };

/** Creates the leading scaler's maintenance loops, one per task. */
export function createUpkeep(deps: ScalerDeps, hooks: Pick<RecoveryHooks, 'touched'>): PeriodicService[] {
  const { config, keys, redis, postgres, queues, priorities, metrics, lead, log } = deps;
  const { db } = postgres;
  const { retireAfterMs } = config.scaler;
  const retireEveryMs = Math.min(RETIRE_EVERY_MS.most, Math.max(RETIRE_EVERY_MS.least, retireAfterMs / 10));
  const repair = whileLeading('repair', { everyMs: REPAIR_EVERY_MS, lead, log }, (leadership) =>
    repairWeights(leadership, { db, redis, keys, log }),
  );
  const schedules = whileLeading('schedules', { everyMs: RESTORE_EVERY_MS, lead, log }, (leadership) =>
    restoreSchedules(leadership, { db, redis, keys, queues, log }),
  );
  return [
    ...createRecoveryLoops(deps, { ...hooks, restore: [async () => repair.hurry(), async () => schedules.hurry()] }),
    repair,
    schedules,
    whileLeading(
      'score',
      { everyMs: SCORE_EVERY_MS, lead, log },
      createScoreKeeper({ client: redis.client, keys, db, priorities, log }, systemClock.now),
    ),
    whileLeading('retain', { everyMs: RETAIN_EVERY_MS, lead, log }, (leadership) => forgetKeys(leadership, db, log)),
    whileLeading('retire', { everyMs: retireEveryMs, lead, log }, (leadership) =>
      retireUnusedLanes(leadership, retireAfterMs, { redis, keys, metrics, log }),
    ),
  ];
}
