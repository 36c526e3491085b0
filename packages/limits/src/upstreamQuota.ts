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

/** Whose quota of which upstream. */
export interface QuotaOwner {
  readonly tenantId: string;
  /** Such as `ga4:123456`; never with spaces. */
  readonly upstream: string;
}

/** One call that is to be made. */
export interface QuotaCall {
  /** Names this call: asked for again under the same name while its lease lasts, it is not counted twice. */
  readonly id: string;
  /** How long it may be under way before it no longer counts as one, in ms. */
  readonly leaseMs: number;
  /** How many calls it counts as. */
  readonly cost: number;
  /** Names of lists and sets in Redis, of the tenant's bucket: while one holds anything, the call is refused. */
  readonly behind?: readonly string[];
}

/** What a tenant may ask of an upstream, and when it stops to because the upstream is down. */
export interface UpstreamLimits {
  readonly quota: UpstreamQuota;
  /** Null where nothing stops it. */
  readonly circuit: CircuitSettings | null;
}

/** What became of a call that asked for its quota. */
export type QuotaAnswer =
  /** `left`: calls that the window still has; null without a bound. `nowMs`: unix ms of the server's clock. */
  | {
      readonly kind: 'granted';
      readonly left: number | null;
      readonly nowMs: number;
      /** Whether the call finds out if an upstream is back that was down, and is the first to since. */
      readonly probe: 'none' | 'first' | 'next';
    }
  | {
      readonly kind: 'refused';
      readonly because: QuotaRefusal;
      readonly retryInMs: number;
      readonly nowMs: number;
    };

/** A call that was let through. */
export type GrantedCall = Extract<QuotaAnswer, { kind: 'granted' }>;

/** Why: the window is full, too many are under way, the upstream asked to wait, others go first, or the upstream is down. */
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

/** A call that is over, and told whether the upstream works. */
export interface EndedCall {
  readonly id: string;
  /** When it was granted, unix ms of the server's clock. */
  readonly startedMs: number;
  /** Whether it was granted as a probe. */
  readonly isProbe: boolean;
  readonly outcome: ReportedOutcome;
}

/** What the end of a call made of the circuit. */
export interface EndedCircuit {
  readonly change: 'none' | 'opened' | 'closed';
  /** Unix ms of the server's clock. */
  readonly nowMs: number;
}

const CHANGES = ['none', 'opened', 'closed'] as const;

/** Notes that a call is over, as {@link endQuotaCall} does, and what it tells of the upstream. A call is noted once. */
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

/** Notes that a call is over, so that another may be under way in its place. What it counted in its window stays. */
export async function endQuotaCall(
  client: RedisClient,
  keys: QuotaKeys,
  owner: QuotaOwner,
  callId: string,
): Promise<void> {
  await client.zrem(keysOf(keys, owner)[1], callId);
}

/**
 * Notes that the upstream asked the tenant to wait: until then every call is refused.
 * @returns for how long, in ms; longer than asked for when a longer wait was known
 */
export async function blockQuota(
  client: RedisClient,
  keys: QuotaKeys,
  owner: QuotaOwner,
  forMs: number,
): Promise<number> {
  return blockReply.parse(await block.run(client, [keysOf(keys, owner)[0]], [Math.ceil(forMs)]));
}

/** How much of a quota is used. */
export interface QuotaUse {
  /** How long the upstream is left alone, in ms. */
  readonly blockedMs: number;
  /** Calls under way. */
  readonly underWay: number;
  /** Until the first of them is over at the latest, in ms; 0 when there is none. */
  readonly firstEndsInMs: number;
  /** Calls that count in the window, with when they no longer do, the next first. */
  readonly frees: readonly { readonly inMs: number; readonly calls: number }[];
  /** Unix ms of the server's clock. */
  readonly nowMs: number;
  readonly circuit: Circuit;
}

/** Says how much of a quota is used; changes nothing. */
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
