import type { CircuitState, QuotaState, Quotas } from '@sluice/limits';
import { restsForMs } from '@sluice/limits';
import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';
import type { Lane } from '@sluice/shared/domain/lane';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { within } from '@sluice/shared/lifecycle/within';
import type { LaneQueues } from '../queue/add/laneQueues.js';
import type { Ask } from '../redis/ask.js';

/** What limits a lane's jobs besides its slots. */
export interface LaneHold {
  /** Remaining time of its pause, in ms; at least until the circuit of its upstream lets a call through. */
  readonly pausedMs: number;
  /** Null when its jobs call no upstream, or the quota is unknown. */
  readonly quota: QuotaState | null;
  /** Null when the upstream has none, or the circuit is unknown. */
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

/**
 * Maximum wait for a quota, in ms: an unresponsive ledger must not delay an estimate, which is only less precise
 * without.
 */
const QUOTA_PATIENCE_MS = 250;

/** Reads what limits a lane; omits a quota that cannot be read, and the circuit with it. Rejects when Redis fails. */
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
