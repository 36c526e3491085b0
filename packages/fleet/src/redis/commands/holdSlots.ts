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
  /** 1 to the number of slots that the tenant shall have. */
  readonly number: number;
}

/** What came of asking for a slot. */
export type SlotAnswer =
  | { readonly kind: 'granted' }
  /** Another holds it, and for `forMs` unless that one renews it. */
  | { readonly kind: 'held'; readonly forMs: number }
  /** The tenant shall not have so many. */
  | { readonly kind: 'unwanted' };

/** Slots of one bucket that a worker process wants and no longer wants. */
export interface SlotRequest {
  readonly bucket: number;
  /** The worker process's id, a space, and a name that no other process has: two may go by one id. */
  readonly holder: string;
  /** How long a lease lasts, in ms by the server's clock. */
  readonly leaseMs: number;
  readonly take: readonly Slot[];
  readonly give: readonly Slot[];
}

/**
 * Takes, renews and gives back slots of one bucket in one call.
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
