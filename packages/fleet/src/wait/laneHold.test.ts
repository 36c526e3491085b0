import type { UpstreamState } from '@sluice/limits';
import { DEFAULT_CIRCUIT } from '@sluice/shared/contracts/circuit';
import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';
import { describe, expect, it } from 'vitest';
import type { LaneHoldDeps } from './laneHold.js';
import { readLaneHold } from './laneHold.js';

const lane = { tenantId: 'acme', queueClass: 'ga4' } as const;
const upstream: Upstream = {
  name: 'ga4',
  quota: { callsPerWindow: 50, windowMs: 3_600_000, callsAtATime: 10 },
  circuit: DEFAULT_CIRCUIT,
};
const quota = { quota: upstream.quota, used: { blockedMs: 0, underWay: 1, frees: [] } };
const state = { ...quota, circuit: { settings: DEFAULT_CIRCUIT, sight: { kind: 'closed' } } } as const;

function deps(read: () => Promise<UpstreamState>, pausedForMs = async () => 700): LaneHoldDeps {
  return { lanes: { pausedForMs }, quotas: { state: read }, call: (ask) => ask() } as LaneHoldDeps;
}

describe('readLaneHold', () => {
  it('tells how long the lane is paused, and how its quota is used', async () => {
    expect(
      await readLaneHold(
        lane,
        upstream,
        deps(async () => state),
      ),
    ).toEqual({ pausedMs: 700, quota, circuit: state.circuit });
  });

  it('is paused for as long as the circuit rests, whatever its queue says', async () => {
    const sight = { kind: 'open', probeInMs: 30_000, answered: 0 } as const;
    const circuit = { settings: DEFAULT_CIRCUIT, sight };
    const hold = await readLaneHold(
      lane,
      upstream,
      deps(async () => ({ ...quota, circuit })),
    );
    expect(hold).toEqual({ pausedMs: 30_000, quota, circuit });
  });

  it('leaves a quota out that fails or is silent', async () => {
    const gone = () => Promise.reject(new Error('away'));
    expect(await readLaneHold(lane, upstream, deps(gone))).toEqual({ pausedMs: 700, quota: null, circuit: null });
    const silent = () => new Promise<never>(() => undefined);
    expect(await readLaneHold(lane, upstream, deps(silent))).toEqual({ pausedMs: 700, quota: null, circuit: null });
  });

  it('rejects when the lane cannot be seen', async () => {
    const away = () => Promise.reject(new Error('Redis is away'));
    const told = deps(async () => state, away);
    await expect(readLaneHold(lane, upstream, told)).rejects.toThrow('Redis is away');
  });
});
