import { FleetError } from '../errors/fleetError.js';

/** A result that rejects its own item only. */
export class Refused {
  constructor(readonly error: unknown) {}
}

/** How items are batched. */
export interface BatcherOptions<Item, Answer> {
  /** Maximum number of items per flush. */
  readonly maxItems: number;
  /**
   * With this many items a flush starts without waiting for more, if one may start. Waiting items are distributed over
   * the flushes that may start, but no flush gets fewer than this because of it. Smaller flushes overlap; `maxItems` by
   * default.
   */
  readonly enoughItems?: number;
  /** Maximum wait of an item for others, in ms; 0 flushes at the end of the current turn of the event loop. */
  readonly maxWaitMs: number;
  /** Maximum number of concurrent flushes. */
  readonly maxFlushes: number;
  /** Items with the same key never share a flush; omit it when they may. */
  readonly keyOf?: (item: Item) => string;
  /** Processes all items at once; one result for each, in the order of the items. */
  readonly flush: (items: readonly Item[]) => Promise<readonly (Answer | Refused)[]>;
}

/** Batches the items of many callers and processes them together (group commit). */
export interface Batcher<Item, Answer> {
  /** Resolves with this item's result; rejects when the item was refused, or its whole flush failed. */
  add(item: Item): Promise<Answer>;
  /** Resolves when no item waits and no flush is in progress. */
  idle(): Promise<void>;
}

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: a flush starts when `enoughItems` wait or the oldest has waited `maxWaitMs`, whichever is first, with
 * at most `maxFlushes` at a time; while all are busy, items gather for the next one, so batches grow with the load.
 */
export function createBatcher<Item, Answer>(options: BatcherOptions<Item, Answer>): Batcher<Item, Answer> {
  const enough = Math.min(options.enoughItems ?? options.maxItems, options.maxItems);
  let waiting: Waiting<Item, Answer>[] = [];
  let flushing = 0;
  let timer: NodeJS.Timeout | NodeJS.Immediate | null = null;
  const idlers: (() => void)[] = [];

  function schedule(): void {
    if (waiting.length === 0 || flushing >= options.maxFlushes) return;
    if (waiting.length >= enough) {
      flushNow();
      return;
    }
    timer ??= options.maxWaitMs === 0 ? setImmediate(flushNow) : setTimeout(flushNow, options.maxWaitMs);
  }

  function flushNow(): void {
    clearTimer();
    if (waiting.length === 0 || flushing >= options.maxFlushes) return;
    const batch = takeBatch(Math.max(enough, Math.ceil(waiting.length / (options.maxFlushes - flushing))));
    flushing++;
    void flushBatch(batch).finally(() => {
      flushing--;
      if (waiting.length > 0) flushNow();
      if (waiting.length === 0 && flushing === 0) {
        for (const idle of idlers.splice(0)) idle();
      }
    });
    schedule();
  }

  function takeBatch(share: number): Waiting<Item, Answer>[] {
    const { keyOf } = options;
    const most = Math.min(share, options.maxItems);
    if (keyOf === undefined) return waiting.splice(0, most);
    const batch = new Map<string, Waiting<Item, Answer>>();
    const left: Waiting<Item, Answer>[] = [];
    for (const entry of waiting) {
      const key = keyOf(entry.item);
      if (batch.size < most && !batch.has(key)) batch.set(key, entry);
      else left.push(entry);
    }
    waiting = left;
    return [...batch.values()];
  }

  async function flushBatch(batch: readonly Waiting<Item, Answer>[]): Promise<void> {
    try {
      const answers = await options.flush(batch.map(({ item }) => item));
      if (answers.length !== batch.length) {
        throw new FleetError('internal', `a flush of ${batch.length} items gave ${answers.length} answers`);
      }
      batch.forEach(({ resolve, reject }, i) => {
        const answer = answers[i];
        if (answer instanceof Refused) reject(answer.error);
        else resolve(answer as Answer);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  function clearTimer(): void {
    if (timer === null) return;
    if (options.maxWaitMs === 0) clearImmediate(timer as NodeJS.Immediate);
    else clearTimeout(timer as NodeJS.Timeout);
    timer = null;
  }

  return {
    add(item) {
      return new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        schedule();
      });
    },
    idle() {
      if (waiting.length === 0 && flushing === 0) return Promise.resolve();
      return new Promise((resolve) => idlers.push(resolve));
    },
  };
}
