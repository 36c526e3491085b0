/** Observations of a tenant's jobs, or of one of its tasks, over some time. */
export interface WorkObserved {
  /** Attempts that ended: completed, failed (retries and deaths), deferred by an upstream. */
  readonly completed: number;
  readonly failed: number;
  readonly deferred: number;
  /** Wait from acceptance to first start, in ms; null when none started. */
  readonly waitP90Ms: number | null;
  /** Duration of completed attempts, in ms; null when none completed. */
  readonly serviceP90Ms: number | null;
  /** Share of the tenant's slot time spent on jobs while there was work, 0 to 1; null when unknown. */
  readonly busyShare: number | null;
  /** How often a quota or rate limit was recorded as the tenant's constraint. */
  readonly heldBack: number;
  /** Waiting jobs at the end of that time. */
  readonly waiting: number;
}

/** What keeps jobs from completing sooner. */
export const BOTTLENECKS = ['none', 'failures', 'quota', 'upstream', 'slow-tasks', 'slots'] as const;

/** A bottleneck, with the reason in one sentence. */
export interface Bottleneck {
  readonly kind: (typeof BOTTLENECKS)[number];
  readonly because: string;
}

/** A shorter wait is no problem, in ms. */
const SHORT_WAIT_MS = 1_000;

/** From this share on, failures or deferrals dominate the attempts. */
const MOSTLY = 0.5;
const OFTEN = 0.1;

/** From this share on, slots count as busy: a queue before a server this busy grows without bound in practice. */
const BUSY = 0.8;

/** A task is slow from this duration on, in ms: the requirement's own figure for a job. */
const SLOW_MS = 30_000;

/**
 * Names the one thing to change first. In this order: attempts that mostly fail are wasted whatever else is wrong; more
 * slots do not help against a quota or an upstream that asks to wait; against long-running jobs, faster tasks help
 * before more slots do. Pure.
 */
export function findBottleneck(seen: WorkObserved): Bottleneck {
  const { completed, failed, deferred, heldBack, waiting } = seen;
  const attempts = completed + failed + deferred;
  if (failed > 0 && failed >= MOSTLY * (completed + failed)) {
    return { kind: 'failures', because: `${failed} of ${completed + failed} attempts failed.` };
  }
  if (heldBack > 0 && (waiting > 0 || (seen.waitP90Ms ?? 0) >= SHORT_WAIT_MS)) {
    return { kind: 'quota', because: `A quota or rate limit held jobs back (noted ${times(heldBack)}).` };
  }
  if (deferred > 0 && deferred >= OFTEN * attempts) {
    return { kind: 'upstream', because: `Upstreams asked to wait in ${deferred} of ${attempts} attempts.` };
  }
  return findByWaits(seen);
}

function findByWaits({ waitP90Ms, serviceP90Ms, busyShare, waiting }: WorkObserved): Bottleneck {
  const waited = waitP90Ms === null ? 'none has started' : `one in ten waited ${seconds(waitP90Ms)} or longer`;
  const isLong = waitP90Ms === null ? waiting > 0 : waitP90Ms >= SHORT_WAIT_MS;
  if (!isLong) return { kind: 'none', because: waitP90Ms === null ? 'No job waits.' : 'Jobs start without a wait.' };
  if (busyShare === null || busyShare < BUSY) {
    const busy = busyShare === null ? '' : `, while slots were ${percent(busyShare)} busy`;
    return { kind: 'none', because: `Jobs waited (${waited})${busy}: workers were missing, or jobs came in bursts.` };
  }
  const busy = `slots were ${percent(busyShare)} busy and ${waited}`;
  if (serviceP90Ms !== null && serviceP90Ms >= SLOW_MS) {
    return { kind: 'slow-tasks', because: `One in ten jobs ran ${seconds(serviceP90Ms)} or longer; ${busy}.` };
  }
  return { kind: 'slots', because: `All ${busy}.` };
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
