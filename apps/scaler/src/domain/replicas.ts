/** One tenant's load on the workers. */
export interface TenantLoad {
  /** Waiting jobs that are due, over all lanes of the tenant. */
  readonly waiting: number;
  /** Running jobs. */
  readonly active: number;
  /** Desired slots. */
  readonly slots: number;
}

/** Bounds of the number of worker processes, and their target utilisation. */
export interface ReplicaPolicy {
  /** Minimum number of processes; only 0 allows scaling to zero. */
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Target share of a process's capacity in use, above 0 and at most 1; the rest is headroom for bursts. */
  readonly targetUtilisation: number;
  /** A shrink goes no lower than the highest recommendation within this window, in ms. */
  readonly shrinkWindowMs: number;
}

/** A snapshot of the fleet. */
export interface ReplicaObservation {
  /** Jobs that would run at once given enough capacity: the sum of `runnableJobs` over all tenants. */
  readonly runnable: number;
  /** Concurrency of each live worker process, at least 1 each. */
  readonly capacities: readonly number[];
  /** On a monotonic clock. */
  readonly atMs: number;
}

/** State kept from one decision to the next. */
export interface ReplicaPast {
  /** Processes of the previous decision. */
  readonly replicas: number;
  /** Recommendations that a shrink must respect, in ascending time and descending number. */
  readonly recommendations: readonly { readonly replicas: number; readonly atMs: number }[];
}

/** The desired number of worker processes, and why; the reason is human-readable. */
export type ReplicaDecision =
  | { readonly kind: 'grow' | 'shrink'; readonly replicas: number; readonly from: number; readonly reason: string }
  | {
      readonly kind: 'hold';
      readonly replicas: number;
      readonly because: 'enough' | 'stabilising';
      readonly reason: string;
    };

/** The initial state of a process that has never led. */
export const NO_REPLICA_PAST: ReplicaPast = { replicas: 0, recommendations: [] };

/**
 * A tenant's jobs that would run at once given enough capacity: its jobs, limited by its slots. A tenant without work
 * counts nothing, though it keeps a slot.
 * @param slotConcurrency jobs that one slot runs at a time
 */
export function runnableJobs({ waiting, active, slots }: TenantLoad, slotConcurrency: number): number {
  return Math.min(slots * slotConcurrency, waiting + active);
}

/**
 * Decides the number of worker processes: ceil(runnable / (mean capacity x target utilisation)), within the bounds.
 * Growth is immediate. A shrink takes the highest recommendation of a window, like Kubernetes' Horizontal Pod
 * Autoscaler (its `stabilizationWindowSeconds` for scaling down).
 * @returns the decision, and the state for the next one
 */
export function decideReplicas(
  seen: ReplicaObservation,
  past: ReplicaPast,
  policy: ReplicaPolicy,
): { readonly decision: ReplicaDecision; readonly past: ReplicaPast } {
  const wanted = wantedReplicas(seen, policy);
  const recommended = clamp(wanted, policy);
  const from = clamp(past.replicas, policy);
  // A recommendation that is not above a later one can never again be the window's highest.
  const higher = inWindow(past, seen.atMs, policy).filter(({ replicas }) => replicas > recommended);
  const recommendations = [...higher, { replicas: recommended, atMs: seen.atMs }];
  const highest = recommendations[0]?.replicas ?? recommended;
  const replicas = recommended >= from ? recommended : Math.min(from, highest);
  const reason = reasonOf(seen, wanted, policy);
  return { decision: toDecision({ from, replicas, recommended, reason }), past: { replicas, recommendations } };
}

/**
 * The initial state of a new leadership: the number of running processes, or what this process itself wanted within the
 * window when it led before, as if just recommended. So in its first window it does not remove what its predecessor had
 * reason to keep, and an emptied Redis, which knows of no work and no worker, removes no process.
 * @param running number of processes known to run
 */
export function takeOverReplicas(past: ReplicaPast, running: number, atMs: number, policy: ReplicaPolicy): ReplicaPast {
  const wanted = inWindow(past, atMs, policy).map(({ replicas }) => replicas);
  const replicas = clamp(Math.max(running, ...wanted), policy);
  return { replicas, recommendations: [{ replicas, atMs }] };
}

function inWindow({ recommendations }: ReplicaPast, nowMs: number, { shrinkWindowMs }: ReplicaPolicy) {
  return recommendations.filter(({ atMs }) => nowMs - atMs < shrinkWindowMs);
}

/** Without a live process the capacity of one is unknown: the first reports it in its heartbeat. */
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
