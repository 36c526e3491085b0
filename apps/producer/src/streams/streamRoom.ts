/** What one tenant may have open in one process: a quarter of all streams, but so many at least, and never more than there may be. */
const TENANT_SHARE = 1 / 4;
const TENANT_FLOOR_STREAMS = 100;

/** Whether one more stream may be opened; whose bound is reached when not. */
export type StreamRoom = { readonly kind: 'room' } | { readonly kind: 'full' } | TenantIsFull;

/** The tenant has as many streams as it may have. */
export interface TenantIsFull {
  readonly kind: 'tenant_full';
  readonly maxStreams: number;
}

/** Streams that are open in a process, in all and of a tenant. */
export interface CountedStreams {
  readonly open: number;
  readonly ofTenant: number;
}

/** Streams that one tenant may have open in a process, so that one key cannot take those of all others. Pure. */
export function maxStreamsOfTenant(maxStreams: number): number {
  return Math.min(maxStreams, Math.max(TENANT_FLOOR_STREAMS, Math.floor(maxStreams * TENANT_SHARE)));
}

/** Whether there is room for one more stream of a tenant. Pure. */
export function roomFor({ open, ofTenant }: CountedStreams, maxStreams: number): StreamRoom {
  if (open >= maxStreams) return { kind: 'full' };
  const max = maxStreamsOfTenant(maxStreams);
  return ofTenant >= max ? { kind: 'tenant_full', maxStreams: max } : { kind: 'room' };
}
