import type { CircuitSettings } from '@sluice/shared/contracts/circuit';
import type { UpstreamQuota } from '@sluice/shared/contracts/upstreamQuota';
import { MAX_WINDOW_MS } from '@sluice/shared/contracts/upstreamQuota';
import { loadLua } from '@sluice/shared/lua/loadLua';
import { z } from 'zod';
import type { Circuit, ReportedOutcome } from './circuit.js';
import type { QuotaKeys } from './quotaKeys.js';
import { QUOTA_PARTS } from './quotaWait.js';
import { CIRCUIT_KEPT_MS, circuitFieldsSchema, toCircuit } from './readCircuit.js';
import type { RedisClient } from './redisClient.js';

const take = loadLua(new URL('./scripts/takeQuota.lua', import.meta.url));
const end = loadLua(new URL('./scripts/endQuotaCall.lua', import.meta.url));
const block = loadLua(new URL('./scripts/blockQuota.lua', import.meta.url));
const read = loadLua(new URL('./scripts/readQuota.lua', import.meta.url));
const takeReply = z.tuple([z.int(), z.int(), z.int(), z.int()]);
const endReply = z.tuple([z.int(), z.int()]);
const blockReply = z.int();
const readReply = z.tuple([z.int(), z.int(), z.int(), z.array(z.int()), z.int(), circuitFieldsSchema]);

/** The tenant and the upstream of a quota. */
export interface QuotaOwner {
  readonly tenantId: string;
  /** Such as `ga4:123456`; never contains spaces. */
  readonly upstream: string;
}

/** A call that requests quota. */
export interface QuotaCall {
  /** Idempotency id: a repeated request with the same id during the lease is not counted again. */
  readonly id: string;
  /** Lease, in ms: after it, the call no longer counts as in progress. */
  readonly leaseMs: number;
  /** How many calls it counts as. */
  readonly cost: number;
  /** Keys of Redis lists and sets in the tenant's bucket: while one is non-empty, the call is refused. */
  readonly behind?: readonly string[];
}

/** Limits of a tenant's calls to an upstream: the quota and the circuit. */
export interface UpstreamLimits {
  readonly quota: UpstreamQuota;
  /** Null when the upstream has no circuit. */
  readonly circuit: CircuitSettings | null;
}

/** Outcome of a request for quota. */
export type QuotaAnswer =
  /** `left`: calls left in the window; null without a limit. `nowMs`: unix ms of the server's clock. */
  | {
      readonly kind: 'granted';
      readonly left: number | null;
      readonly nowMs: number;
      /**
       * Whether the call is a probe of an upstream that was down: none, the first since the circuit opened, or a later
       * one.
       */
      readonly probe: 'none' | 'first' | 'next';
    }
  | {
      readonly kind: 'refused';
      readonly because: QuotaRefusal;
      readonly retryInMs: number;
      readonly nowMs: number;
    };

/** A granted call. */
export type GrantedCall = Extract<QuotaAnswer, { kind: 'granted' }>;

/**
 * Why a call was refused: the window is full, too many calls are in progress, the upstream asked to wait, others go
 * first, or the upstream is down.
 */
export type QuotaRefusal = 'exhausted' | 'at-a-time' | 'blocked' | 'others-first' | 'circuit';

const REFUSALS: Readonly<Record<number, QuotaRefusal>> = {
  1: 'exhausted',
  2: 'at-a-time',
  4: 'others-first',
  5: 'circuit',
};

const PROBES = ['none', 'next', 'first'] as const;

/** Takes a call's quota, all or nothing. */
export async function takeQuota(
  client: RedisClient,
  keys: QuotaKeys,
  owner: QuotaOwner,
  { quota, circuit }: UpstreamLimits,
  call: QuotaCall,
): Promise<QuotaAnswer> {
  const answer = await take.run(
    client,
    [...keysOf(keys, owner), ...(call.behind ?? [])],
    [
      quota.callsPerWindow ?? 0,
      quota.windowMs,
      QUOTA_PARTS,
      quota.callsAtATime ?? 0,
      call.id,
      call.leaseMs,
      call.cost,
      MAX_WINDOW_MS,
      circuit?.restMs ?? 0,
      circuit?.probeEveryMs ?? 0,
      CIRCUIT_KEPT_MS,
    ],
  );
  const [granted, second, third, fourth] = takeReply.parse(answer);
  if (granted === 0) {
    return { kind: 'refused', because: REFUSALS[second] ?? 'blocked', retryInMs: third, nowMs: fourth };
  }
  return { kind: 'granted', left: second < 0 ? null : second, nowMs: third, probe: PROBES[fourth] ?? 'none' };
}

/** An ended call that showed whether the upstream works. */
export interface EndedCall {
  readonly id: string;
  /** When it was granted, unix ms of the server's clock. */
  readonly startedMs: number;
  /** Whether it was granted as a probe. */
  readonly isProbe: boolean;
  readonly outcome: ReportedOutcome;
}

/** Effect of an ended call on the circuit. */
export interface EndedCircuit {
  readonly change: 'none' | 'opened' | 'closed';
  /** Unix ms of the server's clock. */
  readonly nowMs: number;
}

const CHANGES = ['none', 'opened', 'closed'] as const;

/** Records the end of a call like {@link endQuotaCall}, and its outcome in the circuit. Each call is recorded once. */
export async function endReportedCall(
  client: RedisClient,
  keys: QuotaKeys,
  owner: QuotaOwner,
  circuit: CircuitSettings,
  { id, startedMs, isProbe, outcome }: EndedCall,
): Promise<EndedCircuit> {
  const [, calls, circuitKey] = keysOf(keys, owner);
  const { failures, withinMs, restMs, successes } = circuit;
  const answer = await end.run(
    client,
    [calls, circuitKey],
    [
      id,
      outcome === 'answered' ? 1 : 0,
      startedMs,
      failures,
      withinMs,
      restMs,
      successes,
      CIRCUIT_KEPT_MS,
      isProbe ? 1 : 0,
    ],
  );
  const [change, nowMs] = endReply.parse(answer);
  return { change: CHANGES[change] ?? 'none', nowMs };
}

/** Records the end of a call, so that another may run in its place. It still counts in its window. */
export async function endQuotaCall(
  client: RedisClient,
  keys: QuotaKeys,
  owner: QuotaOwner,
  callId: string,
): Promise<void> {
  await client.zrem(keysOf(keys, owner)[1], callId);
}

/**
 * Records that the upstream asked the tenant to wait: every call is refused meanwhile.
 * @returns how long calls are blocked, in ms; longer than requested when a longer wait was already recorded
 */
export async function blockQuota(
  client: RedisClient,
  keys: QuotaKeys,
  owner: QuotaOwner,
  forMs: number,
): Promise<number> {
  return blockReply.parse(await block.run(client, [keysOf(keys, owner)[0]], [Math.ceil(forMs)]));
}

/** Usage of a quota. */
export interface QuotaUse {
  /** Remaining time for which the upstream asked to wait, in ms. */
  readonly blockedMs: number;
  /** Calls in progress. */
  readonly underWay: number;
  /** Time until the first lease among them expires, in ms; 0 when there is none. */
  readonly firstEndsInMs: number;
  /** Calls that count in the window and when each group stops counting, soonest first. */
  readonly frees: readonly { readonly inMs: number; readonly calls: number }[];
  /** Unix ms of the server's clock. */
  readonly nowMs: number;
  readonly circuit: Circuit;
}

/** Reads the usage of a quota. Read-only. */
export async function readQuotaUse(
  client: RedisClient,
  keys: QuotaKeys,
  owner: QuotaOwner,
  windowMs: number,
): Promise<QuotaUse> {
  const [blockedMs, underWay, firstEndsInMs, flat, nowMs, circuit] = readReply.parse(
    await read.run(client, keysOf(keys, owner), [windowMs]),
  );
  const frees = flat.flatMap((inMs, i) => (i % 2 === 0 ? [{ inMs, calls: flat[i + 1] ?? 0 }] : []));
  return { blockedMs, underWay, firstEndsInMs, frees, nowMs, circuit: toCircuit(circuit) };
}

function keysOf(keys: QuotaKeys, { tenantId, upstream }: QuotaOwner): [string, string, string] {
  return [keys.quotaRing(tenantId, upstream), keys.quotaCalls(tenantId, upstream), keys.circuit(tenantId, upstream)];
}
