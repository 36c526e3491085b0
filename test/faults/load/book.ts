import type { Canary } from './canary.js';
import type { Ask } from './plan.js';

/** All that a client heard of one job. */
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
  /** Requests that nobody answered, or whose answer leaves open what was done. */
  unanswered: number;
  /** The client goes on asking. */
  isOpen: boolean;
}

/** An answer that none should have got. */
export interface StrangeAnswer {
  /** What it is against: tenants kept apart, or how the fleet may refuse. */
  readonly against: 'I4' | 'I5';
  readonly what: string;
  readonly tenantId: string | null;
  readonly request: string;
  readonly status: number;
  readonly body: string;
}

/** What clients heard, in memory; what they were promised is in a file, too. */
export interface Book {
  readonly entries: ReadonlyMap<Canary, Entry>;
  readonly strange: readonly StrangeAnswer[];
  /** The entries of a request; of one that was sent before, those that there are. */
  begin(ask: Ask): readonly Entry[];
  note(answer: StrangeAnswer): void;
  /** Requests and answers so far, for progress. */
  readonly counts: { sent: number; answered: number; unanswered: number; refused: number; accepted: number };
}

/** An empty book. */
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
