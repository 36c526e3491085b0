import { systemClock } from '@sluice/shared/lifecycle/clock';
import type { PeriodicService } from '@sluice/shared/lifecycle/runEvery';
import type { ScalerParts } from './parts.js';
import { requeueJobs } from './recover/requeueJobs.js';
import { repairWeights } from './repair/repairWeights.js';
import { forgetKeys } from './retain/forgetKeys.js';
import { retireUnusedLanes } from './retain/retireLanes.js';
import { createScoreKeeper } from './score/scoreKeeper.js';
import { whileLeading } from './whileLeading.js';

/** How often accepted jobs that Redis does not hold are looked for, in ms. */
const RECOVER_EVERY_MS = 2_000;

/** How often it is asked whether jobs that wait are to be scored anew, in ms. */
const SCORE_EVERY_MS = 10_000;

/** How often weights in Redis are compared with the ledger, in ms. */
const REPAIR_EVERY_MS = 30_000;

/** How often old rows are deleted, in ms. */
const RETAIN_EVERY_MS = 3_600_000;

/** How often unused lanes are looked for at most and at least, in ms. */
const RETIRE_EVERY_MS = { least: 1_000, most: 600_000 };

/** What the leading scaler does beside its looks, each in a loop of its own. */
export function createUpkeep(parts: ScalerParts): PeriodicService[] {
  const { config, keys, redis, postgres, queues, priorities, metrics, lead, log } = parts;
  const { db } = postgres;
  const { retireAfterMs } = config.scaler;
  const retireEveryMs = Math.min(RETIRE_EVERY_MS.most, Math.max(RETIRE_EVERY_MS.least, retireAfterMs / 10));
  return [
    whileLeading('recover', { everyMs: RECOVER_EVERY_MS, lead, log }, (leadership) =>
      requeueJobs(leadership, { db, queues, metrics, now: systemClock.now, log }),
    ),
    whileLeading(
      'score',
      { everyMs: SCORE_EVERY_MS, lead, log },
      createScoreKeeper({ client: redis.client, keys, db, priorities, log }, systemClock.now),
    ),
    whileLeading('repair', { everyMs: REPAIR_EVERY_MS, lead, log }, (leadership) =>
      repairWeights(leadership, { db, redis, keys, log }),
    ),
    whileLeading('retain', { everyMs: RETAIN_EVERY_MS, lead, log }, (leadership) => forgetKeys(leadership, db, log)),
    whileLeading('retire', { everyMs: retireEveryMs, lead, log }, (leadership) =>
      retireUnusedLanes(leadership, retireAfterMs, { redis, keys, metrics, log }),
    ),
  ];
}
