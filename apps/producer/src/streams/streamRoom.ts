/**
 * One tenant's limit in one process: a quarter of all streams, but at least the floor, and never more than the maximum.
 */
const TENANT_SHARE = 1 / 4;
const TENANT_FLOOR_STREAMS = 100;

/** Whether one more stream may be opened; if not, which limit is reached. */
export type StreamRoom = { readonly kind: 'room' } | { readonly kind: 'full' } | TenantIsFull;

/** The tenant's limit is reached. */
export interface TenantIsFull {
  readonly kind: 'tenant_full';
  readonly maxStreams: number;
}

/** Open streams in a process, in total and of one tenant. */
export interface CountedStreams {
  readonly open: number;
  readonly ofTenant: number;
}

/** Maximum open streams of one tenant in a process, so that one key cannot exhaust them for all others. Pure. */
export function maxStreamsOfTenant(maxStreams: number): number {
  return Math.min(maxStreams, Math.max(TENANT_FLOOR_STREAMS, Math.floor(maxStreams * TENANT_SHARE)));
}

/** Whether a tenant may open one more stream. Pure. */
export function roomFor({ open, ofTenant }: CountedStreams, maxStreams: number): StreamRoom {
  if (open >= maxStreams) return { kind: 'full' };
  const max = maxStreamsOfTenant(maxStreams);
  return ofTenant >= max ? { kind: 'tenant_full', maxStreams: max } : { kind: 'room' };
}
