import type { LedgerJob } from './ledger.js';
import type { Receipts } from './receiver.js';
import type { AcceptedJob } from './submit.js';

/** All that the demo knows at its end. */
export interface Evidence {
  /** Jobs by the producer's own answers. */
  readonly accepted: readonly AcceptedJob[];
  readonly ledger: readonly LedgerJob[];
  readonly receipts: Receipts;
  readonly mostWorkers: ReadonlyMap<string, number>;
  readonly mostAtOnce: ReadonlyMap<string, number>;
}

/** One tenant's line of the table. */
export interface TenantRow {
  readonly tenant: string;
  readonly accepted: number;
  readonly delivered: number;
  /** Jobs that were started more than once. */
  readonly retried: number;
  readonly dead: number;
  readonly p50WaitMs: number;
  readonly p99WaitMs: number;
  readonly mostWorkers: number;
  readonly mostAtOnce: number;
}

/** What may be wrong with a job at the end. */
export const MISMATCH_KINDS = {
  lost: 'accepted, neither delivered nor dead',
  invented: 'delivered or dead, never accepted',
  unseen: 'delivered by the ledger, never seen by the receiver',
  unsettled: 'seen by the receiver, not delivered by the ledger',
  'wrongly-dead': 'dead, although their endpoint works',
  'wrongly-alive': 'alive, although their endpoint always fails',
  'bad-signature': 'refused by the receiver for their signature',
} as const;

/** What may be wrong with a job at the end. */
export type MismatchKind = keyof typeof MISMATCH_KINDS;

/** Something that should be equal and is not: which ids are on one side only. */
export interface Mismatch {
  readonly kind: MismatchKind;
  readonly ids: readonly string[];
}

/** The figures of every tenant, the one with most jobs first. */
export function tableOf({ accepted, ledger, mostWorkers, mostAtOnce }: Evidence): TenantRow[] {
  const tenants = [...new Set([...accepted, ...ledger].map(({ tenantId }) => tenantId))];
  const rows = tenants.map((tenant): TenantRow => {
    const jobs = ledger.filter(({ tenantId }) => tenantId === tenant);
    const waits = jobs.flatMap(({ waitMs }) => (waitMs === null ? [] : [waitMs]));
    return {
      tenant,
      accepted: accepted.filter(({ tenantId }) => tenantId === tenant).length,
      delivered: jobs.filter(({ state }) => state === 'completed').length,
      retried: jobs.filter(({ starts }) => starts > 1).length,
      dead: jobs.filter(({ state }) => state === 'dead').length,
      p50WaitMs: percentile(waits, 0.5),
      p99WaitMs: percentile(waits, 0.99),
      mostWorkers: mostWorkers.get(tenant) ?? 1,
      mostAtOnce: mostAtOnce.get(tenant) ?? 0,
    };
  });
  return rows.sort((a, b) => b.accepted - a.accepted || a.tenant.localeCompare(b.tenant));
}

/** The smallest value that this share of all values does not exceed (nearest rank), rounded; 0 for none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
}

/** Compares, id by id, what was accepted, what the ledger says and what arrived. Empty when all is as it must be. */
export function findMismatches({ accepted, ledger, receipts }: Evidence): Mismatch[] {
  const named = ({ tenantId, id }: { tenantId: string; id: string }): string => `${tenantId}/${id}`;
  const inState = (wanted: string): Set<string> => new Set(ledger.filter(({ state }) => state === wanted).map(named));
  const [promised, delivered, dead] = [new Set(accepted.map(named)), inState('completed'), inState('dead')];
  const planned = new Set(accepted.filter(({ broken }) => broken).map(named));
  const arrived = new Set(receipts.accepted);
  const ended = new Set([...delivered, ...dead]);
  const badSignatures = receipts.badSignatures > 0 ? [`${receipts.badSignatures} requests`] : [];
  const found: Mismatch[] = [
    { kind: 'lost', ids: without(promised, ended) },
    { kind: 'invented', ids: without(ended, promised) },
    { kind: 'unseen', ids: without(delivered, arrived) },
    { kind: 'unsettled', ids: without(arrived, delivered) },
    { kind: 'wrongly-dead', ids: without(dead, planned) },
    { kind: 'wrongly-alive', ids: without(planned, dead) },
    { kind: 'bad-signature', ids: badSignatures },
  ];
  return found.filter(({ ids }) => ids.length > 0);
}

function without(all: ReadonlySet<string>, some: ReadonlySet<string>): string[] {
  return [...all].filter((id) => !some.has(id)).sort();
}
