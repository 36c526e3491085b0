import type { SlotAnswer, SlotRequest } from '@sluice/fleet/redis/commands/holdSlots';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { HeldSlot } from './heldSlot.js';

/** What is asked of Redis about slots. */
export interface SlotRequests {
  /** Asks for a slot, or for more time of one that is held. */
  take(slot: HeldSlot): void;
  /** Gives a slot back. */
  give(slot: HeldSlot): void;
  /** Resolves when all is answered. */
  idle(): Promise<void>;
}

/** What asking rests on. */
export interface SlotRequestsParts {
  readonly workerId: string;
  /** How long a lease lasts unless it is renewed, in ms. */
  readonly leaseMs: number;
  /** Takes, renews and gives back in Redis; one answer for each slot that is taken. */
  readonly hold: (request: SlotRequest) => Promise<readonly SlotAnswer[]>;
  /** A clock that never jumps, in ms. */
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/** A slot's answer; undefined when nothing is known. A lease that is granted counts from before it was asked for. */
export type OnSlotAnswer = (slot: HeldSlot, answer: SlotAnswer | undefined, askedMs: number) => void;

interface Gathered {
  readonly take: HeldSlot[];
  readonly give: HeldSlot[];
}

/**
 * What is asked for in one turn of the event loop goes in one call per bucket, and not before the call before was answered:
 * a give that overtakes a later take, as when a script is sent again, would end a lease that is counted on.
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
