import type { Log } from '@sluice/shared/lifecycle/service';
import type { ReplicaDriver } from './replicaDriver.js';

/** Interval of checking the platform while nothing changes, in ms: someone else may have changed the number. */
const CHECK_EVERY_MS = 15_000;

/** Delay after the first failure, in ms; it doubles up to the maximum. */
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 300_000;

/** Makes a driver follow the desired number. */
export interface ReplicaFollower {
  /**
   * Sets the number if it changed or is due for a check. Never throws: a failure is logged with a remedy and retried
   * with exponential backoff, so that it costs little while it lasts.
   */
  follow(replicas: number, mayAct: () => boolean): Promise<void>;
}

/** Creates a follower on a driver. */
export function createReplicaFollower(driver: ReplicaDriver, monotonicMs: () => number, log: Log): ReplicaFollower {
  let ordered: { readonly replicas: number; readonly atMs: number } | null = null;
  let failed: { readonly times: number; readonly retryAtMs: number } | null = null;

  function isDue(replicas: number): boolean {
    const nowMs = monotonicMs();
    if (failed !== null) return nowMs >= failed.retryAtMs;
    return ordered?.replicas !== replicas || nowMs - ordered.atMs >= CHECK_EVERY_MS;
  }

  function fail(err: unknown, replicas: number): void {
    const times = (failed?.times ?? 0) + 1;
    const retryMs = retryAfterMs(times);
    failed = { times, retryAtMs: monotonicMs() + retryMs };
    const why = err instanceof Error ? err.message : String(err);
    log.warn(
      { component: 'replicas', event: 'replicas_not_set', err, driver: driver.name, replicas, retryMs },
      `failed to set the number of worker processes: ${why} Retrying in ${retryMs} ms.`,
    );
  }

  return {
    async follow(replicas, mayAct) {
      if (!isDue(replicas)) return;
      try {
        const outcome = await driver.scaleTo(replicas, mayAct);
        if (outcome.kind === 'withheld') return;
        if (failed !== null)
          log.info(
            { component: 'replicas', event: 'driver_recovered', driver: driver.name },
            'the replica driver works again',
          );
        failed = null;
        ordered = { replicas, atMs: monotonicMs() };
        if (outcome.kind === 'scaled') {
          log.info(
            { component: 'replicas', event: 'replicas_set', driver: driver.name, from: outcome.from, to: outcome.to },
            'set the number of worker processes',
          );
        }
      } catch (error) {
        if (mayAct()) fail(error, replicas);
      }
    },
  };
}

/** Delay before the next try, in ms: 2 s, 4 s, 8 s ... 5 minutes. */
export function retryAfterMs(failures: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 30));
}
