import type { CircuitState, QuotaState, Quotas } from '@sluice/limits';
import { restsForMs } from '@sluice/limits';
import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';
import type { Lane } from '@sluice/shared/domain/lane';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { within } from '@sluice/shared/lifecycle/within';
import type { LaneQueues } from '../queue/add/laneQueues.js';
import type { Ask } from '../redis/ask.js';

/** What holds a lane's jobs back beside its slots. */
export interface LaneHold {
  /** How long it is paused, in ms; as long as its upstream's circuit lets no call through at least. */
  readonly pausedMs: number;
  /** Null where its jobs call no upstream, or nobody can say. */
  readonly quota: QuotaState | null;
  /** Null where the upstream has none, or nobody can say. */
  readonly circuit: CircuitState | null;
}

/** Dependencies of reading a lane's hold. */
export interface LaneHoldDeps {
  readonly lanes: Pick<LaneQueues, 'pausedForMs'>;
  readonly quotas: Pick<Quotas, 'state'>;
  readonly call: Ask;
}

/** A lane whose jobs call no upstream. */
export const NOT_HELD: LaneHold = { pausedMs: 0, quota: null, circuit: null };

/** Longest wait for a quota, in ms: a ledger that is silent must not make an estimate late, which is vaguer without. */
const QUOTA_PATIENCE_MS = 250;

/** Reads what holds a lane back; a quota that cannot be told is left out, and the circuit with it. Rejects as Redis does. */
export async function readLaneHold(
  lane: Lane,
  upstream: Upstream,
  { lanes, quotas, call }: LaneHoldDeps,
): Promise<LaneHold> {
  const late = (): Error => new FleetError('unavailable', 'The quota cannot be told.');
  const [pausedMs, state] = await Promise.all([
    call(() => lanes.pausedForMs(lane)),
    within(QUOTA_PATIENCE_MS, quotas.state(lane.tenantId, upstream), late).catch(() => null),
  ]);
  if (state === null) return { pausedMs, quota: null, circuit: null };
  const { quota, used, circuit } = state;
  return { pausedMs: Math.max(pausedMs, restsForMs(circuit)), quota: { quota, used }, circuit };
}
