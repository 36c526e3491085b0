import { FLOOR_SLOTS } from '@sluice/shared/domain/placement';
import { z } from 'zod';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';
import type { FleetKeys } from '../keys.js';

const script = defineLua('holdSlots');
const reply = z.array(z.int());

/** A numbered slot of a tenant. */
export interface Slot {
  readonly tenantId: string;
  /** 1 to the tenant's number of desired slots. */
  readonly number: number;
}

/** Outcome of a request for a slot. */
export type SlotAnswer =
  | { readonly kind: 'granted' }
  /** Another process holds it; its lease expires in `forMs` unless renewed. */
  | { readonly kind: 'held'; readonly forMs: number }
  /** The number exceeds the tenant's desired slots. */
  | { readonly kind: 'unwanted' };

/** Slots of one bucket that a worker process acquires and releases. */
export interface SlotRequest {
  readonly bucket: number;
  /** The worker process's id, a space, and a unique name: two processes may share an id. */
  readonly holder: string;
  /** Lease duration, in ms of the server's clock. */
  readonly leaseMs: number;
  readonly take: readonly Slot[];
  readonly give: readonly Slot[];
}

/**
 * Acquires, renews and releases slots of one bucket in one call.
 * @returns an answer for each slot of `take`, in its order
 */
export async function holdSlots(client: RedisClient, keys: FleetKeys, request: SlotRequest): Promise<SlotAnswer[]> {
  const { bucket, holder, leaseMs, take, give } = request;
  const slots = [...take, ...give].flatMap(({ tenantId, number }) => [tenantId, number]);
  const answers = reply.parse(
    await script.run(
      client,
      [keys.slots(bucket), keys.desiredSlots(bucket)],
      [holder, leaseMs, FLOOR_SLOTS, take.length, ...slots],
    ),
  );
  return answers.map(toAnswer);
}

function toAnswer(answer: number): SlotAnswer {
  if (answer === 0) return { kind: 'granted' };
  return answer > 0 ? { kind: 'held', forMs: answer } : { kind: 'unwanted' };
}
