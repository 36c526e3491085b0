import { isTerminal } from '@sluice/shared/contracts/jobStates';
import type { Check, Facts, Violation } from './facts.js';

/** I1: every accepted job ends in the ledger; the same request yields the same job; no client waits forever. */
export const nothingIsLost: Check = (facts) => {
  const jobs = new Map(facts.jobs.map((job) => [job.id, job]));
  const expendable = expendableCanaries(facts);
  const lost = facts.accepted.flatMap(({ id, canary }): Violation[] => {
    const job = jobs.get(id);
    if (job !== undefined && isTerminal(job.state)) return [];
    if (job === undefined && expendable.has(canary)) return [];
    const found = job === undefined ? 'is not in the ledger' : `is ${job.state} at the end (fence ${job.fence})`;
    return [{ invariant: 'I1', what: `${id} was accepted (${canary}) and ${found}` }];
  });
  const others = facts.entries.flatMap(({ canary, ids, isOpen, key }): Violation[] => {
    const different = [...new Set(ids)];
    return [
      ...(different.length > 1
        ? [{ invariant: 'I1' as const, what: `${key} (${canary}) was answered with ${different.join(' and ')}` }]
        : []),
      ...(isOpen ? [{ invariant: 'I1' as const, what: `${key} (${canary}) was never answered` }] : []),
    ];
  });
  return [...dedupe(lost), ...others];
};

/** Jobs accepted by Redis alone when Redis lost its data. */
function expendableCanaries({ entries, redisLost }: Facts): Set<string> {
  return new Set(entries.filter(({ durability }) => redisLost && durability === 'redis').map(({ canary }) => canary));
}

/** A promise made twice counts as one violation. */
function dedupe(violations: readonly Violation[]): Violation[] {
  return [...new Map(violations.map((one) => [one.what, one])).values()];
}

/**
 * I3: the ledger holds one job for each requested one, none that was refused, and no others; every effect belongs to a
 * job in the ledger, and every job that reports a delivery has delivered.
 */
export const nothingIsMadeUp: Check = (facts) => {
  const entries = new Map(facts.entries.map((entry) => [entry.canary, entry]));
  const found: string[] = [];
  const seen = new Map<string, string>();
  for (const { id, canary, tenantId } of facts.jobs) {
    if (canary === null) continue;
    const twin = seen.get(canary);
    if (twin !== undefined) found.push(`${canary} was done as two jobs, ${twin} and ${id}`);
    seen.set(canary, id);
    const entry = entries.get(canary);
    if (entry === undefined) found.push(`${id} holds ${canary}, which nobody sent`);
    else if (entry.tenantId !== tenantId) found.push(`${id} of ${tenantId} holds ${canary}`);
    else if (wasRefused(entry)) found.push(`${canary} was refused (${entry.refusals[0]?.code}) and is ${id}`);
    else if (entry.ids.length > 0 && !entry.ids.includes(id))
      found.push(`${canary} was accepted as ${entry.ids[0]} and is ${id}`);
  }
  return [...found, ...phantomEffects(facts)].map((what) => ({ invariant: 'I3', what }));
};

/**
 * Whether every request for it was answered with a refusal. A 503 because a store is unavailable is not one: the commit
 * may have succeeded although its response was lost internally.
 */
function wasRefused({ ids, refusals, unanswered }: Facts['entries'][number]): boolean {
  return ids.length === 0 && unanswered === 0 && refusals.length > 0 && refusals.every(({ status }) => status < 500);
}

function phantomEffects({ jobs, hits }: Facts): string[] {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const phantoms = hits.flatMap(({ jobId, canary, tenantId }) => {
    const job = byId.get(jobId);
    if (job === undefined) return [`an effect of ${jobId} (${canary}), which is not in the ledger`];
    if (job.canary !== canary || job.tenantId !== tenantId) return [`${jobId} had the effect of ${canary}`];
    return [];
  });
  const had = new Set(hits.map(({ jobId }) => jobId));
  const silent = jobs.filter(
    ({ id, state, task, effect }) =>
      state === 'completed' && !had.has(id) && (task === 'notifications.webhook' || effect === 'once'),
  );
  return [...phantoms, ...silent.map(({ id }) => `${id} is completed and had no effect`)];
}
