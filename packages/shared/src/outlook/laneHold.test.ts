import { describe, expect, it } from 'vitest';
import { ga4RunReport } from '../contracts/tasks/ga4RunReport.js';
import type { Upstream } from '../contracts/upstreamQuota.js';
import type { QuotaState } from '../domain/quotaWait.js';
import type { LaneHoldParts } from './laneHold.js';
import { readLaneHold } from './laneHold.js';

const lane = { tenantId: 'acme', queueClass: 'ga4' } as const;
const upstream = ga4RunReport.upstream as Upstream;
const state = { quota: upstream.quota, used: { blockedMs: 0, underWay: 1, firstEndsInMs: 10, frees: [] } };

function parts(quota: () => Promise<QuotaState>, heldBackForMs = async () => 700): LaneHoldParts {
  return { lanes: { heldBackForMs }, quotas: { state: quota }, call: (ask) => ask() } as LaneHoldParts;
}

describe('readLaneHold', () => {
  it('tells how long the lane is paused, and how its quota is used', async () => {
    expect(
      await readLaneHold(
        lane,
        upstream,
        parts(async () => state),
      ),
    ).toEqual({ pausedMs: 700, quota: state });
  });

  it('leaves a quota out that fails or is silent', async () => {
    const gone = () => Promise.reject(new Error('away'));
    expect(await readLaneHold(lane, upstream, parts(gone))).toEqual({ pausedMs: 700, quota: null });
    const silent = () => new Promise<never>(() => undefined);
    expect(await readLaneHold(lane, upstream, parts(silent))).toEqual({ pausedMs: 700, quota: null });
  });

  it('rejects when the lane cannot be seen', async () => {
    const away = () => Promise.reject(new Error('Redis is away'));
    const told = parts(async () => state, away);
    await expect(readLaneHold(lane, upstream, told)).rejects.toThrow('Redis is away');
  });
});
