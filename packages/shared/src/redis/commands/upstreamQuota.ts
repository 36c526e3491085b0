import { z } from 'zod';
import { bucketOf } from '../../domain/lane.js';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';
import type { FleetKeys } from '../keys.js';

const take = defineLua('takeQuota');
const block = defineLua('blockQuota');
const takeReply = z.tuple([z.int(), z.int(), z.int()]);
const blockReply = z.int();

/** Parts into which a window is divided: a call that is over frees its place at most a sixtieth of the window late. */
const PARTS = 60;

/** What a tenant may ask of an upstream; null is no bound. */
export interface UpstreamQuota {
  readonly callsPerWindow: number | null;
  readonly windowMs: number;
  readonly callsAtATime: number | null;
}

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
}

/** What became of a call that asked for its quota. */
export type QuotaAnswer =
  /** `left`: calls that the window still has; null without a bound. `nowMs`: unix ms of the server's clock. */
  | { readonly kind: 'granted'; readonly left: number | null; readonly nowMs: number }
  | { readonly kind: 'refused'; readonly because: 'exhausted' | 'at-a-time' | 'blocked'; readonly retryInMs: number };

/** Takes a call's quota, all or nothing. */
export async function takeQuota(
  client: RedisClient,
  keys: FleetKeys,
  owner: QuotaOwner,
  quota: UpstreamQuota,
  call: QuotaCall,
): Promise<QuotaAnswer> {
  const answer = await take.run(client, keysOf(keys, owner), [
    quota.callsPerWindow ?? 0,
    quota.windowMs,
    PARTS,
    quota.callsAtATime ?? 0,
    call.id,
    call.leaseMs,
    call.cost,
  ]);
  const [granted, second, third] = takeReply.parse(answer);
  if (granted === 1) return { kind: 'granted', left: second < 0 ? null : second, nowMs: third };
  const because = second === 1 ? 'exhausted' : second === 2 ? 'at-a-time' : 'blocked';
  return { kind: 'refused', because, retryInMs: third };
}

/** Notes that a call is over, so that another may be under way in its place. What it counted in its window stays. */
export async function endQuotaCall(
  client: RedisClient,
  keys: FleetKeys,
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
  keys: FleetKeys,
  owner: QuotaOwner,
  forMs: number,
): Promise<number> {
  return blockReply.parse(await block.run(client, [keysOf(keys, owner)[0]], [Math.ceil(forMs)]));
}

function keysOf(keys: FleetKeys, { tenantId, upstream }: QuotaOwner): [string, string] {
  const bucket = bucketOf(tenantId);
  return [keys.quotaRing(bucket, tenantId, upstream), keys.quotaCalls(bucket, tenantId, upstream)];
}
