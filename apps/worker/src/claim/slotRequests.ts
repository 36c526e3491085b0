import type { SlotAnswer, SlotRequest } from '@sluice/fleet/redis/commands/holdSlots';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { HeldSlot } from './heldSlot.js';

/** Slot requests to Redis. */
export interface SlotRequests {
  /** Requests a slot, or renews one that is held. */
  take(slot: HeldSlot): void;
  /** Gives a slot back. */
  give(slot: HeldSlot): void;
  /** Resolves when every request is answered. */
  idle(): Promise<void>;
}

/** Dependencies of slot requests. */
export interface SlotRequestsParts {
  readonly workerId: string;
  /** How long a lease lasts unless it is renewed, in ms. */
  readonly leaseMs: number;
  /** Takes, renews and gives back slots in Redis; returns one answer per slot taken. */
  readonly hold: (request: SlotRequest) => Promise<readonly SlotAnswer[]>;
  /** A monotonic clock, in ms. */
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/**
 * Receives a slot's answer; undefined when the outcome is unknown. A granted lease counts from before it was requested.
 */
export type OnSlotAnswer = (slot: HeldSlot, answer: SlotAnswer | undefined, askedMs: number) => void;

interface Gathered {
  readonly take: HeldSlot[];
  readonly give: HeldSlot[];
}

/**
 * Batches the requests of one event-loop turn into one call per bucket, sent only after the previous call was answered:
 * a give that overtakes a later take, as when a script is resent, would end a lease that counts as held.
 */
export function createSlotRequests(parts: SlotRequestsParts, answered: OnSlotAnswer): SlotRequests {
  const gathered = new Map<number, Gathered>();
  const sending = new Map<number, Promise<void>>();
  let isDue = false;

  function requestFor(bucket: number): Gathered {
    const known = gathered.get(bucket);
    if (known !== undefined) return known;
    const request = { take: [], give: [] };
    gathered.set(bucket, request);
    sendSoon();
    return request;
  }

  function sendSoon(): void {
    if (!isDue) queueMicrotask(sendAll);
    isDue = true;
  }

  function sendAll(): void {
    isDue = false;
    for (const [bucket, request] of gathered) {
      if (sending.has(bucket)) continue;
      gathered.delete(bucket);
      sending.set(bucket, send(bucket, request));
    }
  }

  async function send(bucket: number, { take, give }: Gathered): Promise<void> {
    const { workerId: holder, leaseMs, monotonicMs, hold, log } = parts;
    const askedMs = monotonicMs();
    const epochs = take.map(({ epoch }) => epoch);
    let answers: readonly SlotAnswer[] = [];
    try {
      answers = await hold({ bucket, holder, leaseMs, take, give });
    } catch (err) {
      log.debug({ component: 'slots', event: 'slots_not_leased', err, bucket }, 'failed to lease slots: retrying');
    }
    sending.delete(bucket);
    if (gathered.has(bucket)) sendSoon();
    for (const [index, slot] of take.entries()) {
      slot.asking = false;
      const answer = slot.epoch === epochs[index] ? answers[index] : undefined;
      for (const waiter of slot.waiters.splice(0)) waiter(answer?.kind === 'granted');
      answered(slot, answer, askedMs);
    }
  }

  return {
    take: (slot) => void requestFor(slot.bucket).take.push(slot),
    give: (slot) => void requestFor(slot.bucket).give.push(slot),
    async idle() {
      await new Promise(setImmediate);
      while (sending.size > 0) {
        await Promise.all(sending.values());
        await new Promise(setImmediate);
      }
    },
  };
}
