import type { Canary } from '../load/canary.js';
import { canaryOf } from '../load/canary.js';
import type { SubmitParts } from '../load/submit.js';
import { submitUntilAnswered } from '../load/submit.js';

/** A tenant with steady load: a short job at a fixed interval, whatever the outcome of the previous one. */
export interface Neighbour {
  readonly tenantId: string;
  /** When each job was first requested, by this process's monotonic clock, in ms. */
  readonly submittedMs: ReadonlyMap<Canary, number>;
  /** When the response arrived, by the same clock. */
  readonly answeredMs: ReadonlyMap<Canary, number>;
  /** Stops submitting; resolves when every request has a response. */
  stop(): Promise<void>;
}

/** Duration of an effect, in ms. */
const HOLD_MS = 20;

/**
 * Starts submitting.
 * @param sinkUrl where effects go
 * @param everyMs interval between jobs, in ms
 */
export function startNeighbour(parts: SubmitParts, sinkUrl: string, everyMs: number): Neighbour {
  const { tenantId } = parts.caller;
  const submittedMs = new Map<Canary, number>();
  const answeredMs = new Map<Canary, number>();
  const asking = new Set<Promise<void>>();
  let made = 0;

  function submit(): void {
    const canary = canaryOf(tenantId, made++);
    submittedMs.set(canary, performance.now());
    const data = { url: `${sinkUrl}/${tenantId}/${canary}/${HOLD_MS}`, payload: { canary } };
    const body = { task: 'notifications.webhook', data };
    const job = { canary, body, durability: 'ledger' as const, delayMs: 0 };
    const asked = submitUntilAnswered(
      { tenantId, key: `key-${canary}`, kind: 'single', jobs: [job], givesUp: false },
      parts,
    );
    asking.add(asked);
    asked.then(
      () => {
        answeredMs.set(canary, performance.now());
        asking.delete(asked);
      },
      () => undefined,
    );
  }
  const timer = setInterval(submit, everyMs);
  return {
    tenantId,
    submittedMs,
    answeredMs,
    async stop() {
      clearInterval(timer);
      await Promise.all(asking);
    },
  };
}
