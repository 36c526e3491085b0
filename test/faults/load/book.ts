import type { Canary } from './canary.js';
import type { Ask } from './plan.js';

/** Every response that a client received about one job. */
export interface Entry {
  readonly canary: Canary;
  readonly tenantId: string;
  readonly key: string;
  readonly durability: 'ledger' | 'redis';
  readonly delayMs: number;
  /** The id of every acceptance, in order. */
  readonly ids: string[];
  /** Every refusal, in order. */
  readonly refusals: { readonly status: number; readonly code: string }[];
  /** Requests without a response, or whose response leaves the outcome open. */
  unanswered: number;
  /** The client is still sending requests. */
  isOpen: boolean;
}

/** A response that no client should receive. */
export interface StrangeAnswer {
  /** The invariant it violates: isolation of tenants, or how the fleet may refuse. */
  readonly against: 'I4' | 'I5';
  readonly what: string;
  readonly tenantId: string | null;
  readonly request: string;
  readonly status: number;
  readonly body: string;
}

/** What clients received, in memory; promises are also in a file. */
export interface Book {
  readonly entries: ReadonlyMap<Canary, Entry>;
  readonly strange: readonly StrangeAnswer[];
  /** The entries of a request; existing ones when it was sent before. */
  begin(ask: Ask): readonly Entry[];
  note(answer: StrangeAnswer): void;
  /** Requests and responses so far, for the progress display. */
  readonly counts: { sent: number; answered: number; unanswered: number; refused: number; accepted: number };
}

/** Creates an empty book. */
export function createBook(): Book {
  const entries = new Map<Canary, Entry>();
  const strange: StrangeAnswer[] = [];
  return {
    entries,
    strange,
    counts: { sent: 0, answered: 0, unanswered: 0, refused: 0, accepted: 0 },
    begin(ask) {
      return ask.jobs.map(({ canary, durability, delayMs }) => {
        const { tenantId, key } = ask;
        const known = entries.get(canary);
        if (known !== undefined) return known;
        const heard = { ids: [], refusals: [], unanswered: 0, isOpen: true };
        const entry: Entry = { canary, tenantId, key, durability, delayMs, ...heard };
        entries.set(canary, entry);
        return entry;
      });
    },
    note(answer) {
      strange.push(answer);
    },
  };
}
