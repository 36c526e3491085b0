/** What one tenant has for the workers to do. */
export interface TenantLoad {
  /** Jobs that wait and are due, over all lanes of the tenant. */
  readonly waiting: number;
  /** Jobs that run. */
  readonly active: number;
  /** Slots that it shall have. */
  readonly slots: number;
}

/** Bounds of the number of worker processes, and how full they shall be. */
export interface ReplicaPolicy {
  /** Processes at least; only with 0 may there ever be none. */
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Share of a process's capacity that shall be in use, above 0 and at most 1; the rest is room for a burst. */
  readonly targetUtilisation: number;
  /** A shrink goes no lower than the highest recommendation of this long, in ms. */
  readonly shrinkWindowMs: number;
}

/** The fleet at one moment. */
export interface ReplicaObservation {
  /** Jobs that would run at once if there were room: the sum of `runnableJobs` over all tenants. */
  readonly runnable: number;
  /** Jobs that each live worker process runs at a time, at least 1 each. */
  readonly capacities: readonly number[];
  /** Of a clock that never jumps. */
  readonly atMs: number;
}

/** What is remembered from one decision to the next. */
export interface ReplicaPast {
  /** Processes of the decision before. */
  readonly replicas: number;
  /** Recommendations that a shrink must respect: ever later, ever lower. */
  readonly recommendations: readonly { readonly replicas: number; readonly atMs: number }[];
}

/** How many worker processes there shall be, and why; the reason is for people. */
export type ReplicaDecision =
  | { readonly kind: 'grow' | 'shrink'; readonly replicas: number; readonly from: number; readonly reason: string }
  | {
      readonly kind: 'hold';
      readonly replicas: number;
      readonly because: 'enough' | 'stabilising';
      readonly reason: string;
    };

/** The past of a process that has never led. */
export const NO_REPLICA_PAST: ReplicaPast = { replicas: 0, recommendations: [] };

/**
 * Jobs of a tenant that would run at once if there were room: what it has, but no more than its slots allow. A tenant
 * without work counts nothing, though it keeps a slot.
 * @param slotConcurrency jobs that one slot runs at a time
 */
export function runnableJobs({ waiting, active, slots }: TenantLoad, slotConcurrency: number): number {
  return Math.min(slots * slotConcurrency, waiting + active);
}

/**
 * How many worker processes there shall be: ceil(runnable / (mean capacity x target utilisation)), within the bounds.
 * Growth is immediate. A shrink takes the highest recommendation of a window, as Kubernetes' Horizontal Pod Autoscaler
 * does (its `stabilizationWindowSeconds` for scaling down).
 * @returns the decision, and what to remember for the next
 */
export function decideReplicas(
  seen: ReplicaObservation,
  past: ReplicaPast,
  policy: ReplicaPolicy,
): { readonly decision: ReplicaDecision; readonly past: ReplicaPast } {
  const wanted = wantedReplicas(seen, policy);
  const recommended = clamp(wanted, policy);
  const from = clamp(past.replicas, policy);
  // What is not above a later recommendation can never again be the highest of the window.
  const higher = inWindow(past, seen.atMs, policy).filter(({ replicas }) => replicas > recommended);
  const recommendations = [...higher, { replicas: recommended, atMs: seen.atMs }];
  const highest = recommendations[0]?.replicas ?? recommended;
  const replicas = recommended >= from ? recommended : Math.min(from, highest);
  const reason = reasonOf(seen, wanted, policy);
  return { decision: toDecision({ from, replicas, recommended, reason }), past: { replicas, recommendations } };
}

/**
 * The past that a new leadership starts from: as many processes as run, or as this process itself wanted within the window
 * when it led before, as if just recommended. So it does not shrink in its first window what its predecessor had reason to
 * keep, and an emptied Redis, which knows of no work and no worker, takes nobody down.
 * @param running processes that are known to run
 */
export function takeOverReplicas(past: ReplicaPast, running: number, atMs: number, policy: ReplicaPolicy): ReplicaPast {
  const wanted = inWindow(past, atMs, policy).map(({ replicas }) => replicas);
  const replicas = clamp(Math.max(running, ...wanted), policy);
  return { replicas, recommendations: [{ replicas, atMs }] };
}

function inWindow({ recommendations }: ReplicaPast, nowMs: number, { shrinkWindowMs }: ReplicaPolicy) {
  return recommendations.filter(({ atMs }) => nowMs - atMs < shrinkWindowMs);
}

/** Without a live process nobody knows what one can run: the first tells by its heartbeat. */
function wantedReplicas({ runnable, capacities }: ReplicaObservation, policy: ReplicaPolicy): number {
  if (runnable === 0) return 0;
  if (capacities.length === 0) return 1;
  return Math.ceil(runnable / (mean(capacities) * policy.targetUtilisation));
}

function toDecision(figures: {
  readonly from: number;
  readonly replicas: number;
  readonly recommended: number;
  readonly reason: string;
}): ReplicaDecision {
  const { from, replicas, recommended, reason } = figures;
  if (replicas !== from) return { kind: replicas > from ? 'grow' : 'shrink', replicas, from, reason };
  if (replicas === recommended) return { kind: 'hold', replicas, because: 'enough', reason };
  return { kind: 'hold', replicas, because: 'stabilising', reason: `${reason}; more were needed a moment ago` };
}

function reasonOf({ runnable, capacities }: ReplicaObservation, wanted: number, policy: ReplicaPolicy): string {
  const percent = Math.round(policy.targetUtilisation * 100);
  const room =
    capacities.length === 0 ? 'no process lives' : `${Number(mean(capacities).toFixed(1))} per process at ${percent} %`;
  const allowed = `${policy.minReplicas} to ${policy.maxReplicas} allowed`;
  return `${runnable} jobs would run at once, ${room}: ${wanted} wanted, ${allowed}`;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

function clamp(replicas: number, { minReplicas, maxReplicas }: ReplicaPolicy): number {
  return Math.min(maxReplicas, Math.max(minReplicas, replicas));
}
