import type { Check, Facts, Violation } from './facts.js';

/**
 * I2: an effect in the ledger's own transaction exists exactly once. An external effect happens at most once per
 * attempt, under one Idempotency-Key, and again only after an attempt that was lost between the effect and its record.
 */
export const effectsAreSingle: Check = (facts) => [...rowsAreSingle(facts), ...hitsAreSingle(facts)];

function rowsAreSingle({ jobs, rows }: Facts): Violation[] {
  const known = new Map(jobs.map((job) => [job.id, job]));
  const strangers = [...rows]
    .filter(([id]) => !known.has(id))
    .map(([id]) => `a row of ${id}, which is not in the ledger`);
  const wrong = jobs.flatMap(({ id, effect, state }) => {
    const count = rows.get(id) ?? 0;
    if (count > 1) return [`${id} has ${count} rows`];
    if (effect === 'tx' && state === 'completed' && count === 0) return [`${id} is completed and has no row`];
    return [];
  });
  return [...strangers, ...wrong].map((what) => ({ invariant: 'I2', what }));
}

function hitsAreSingle({ jobs, hits }: Facts): Violation[] {
  const fences = new Map(jobs.map(({ id, fence }) => [id, fence]));
  const byJob = new Map<string, Facts['hits'][number][]>();
  for (const hit of hits) byJob.set(hit.jobId, [...(byJob.get(hit.jobId) ?? []), hit]);
  const found: string[] = [];
  for (const [jobId, all] of byJob) {
    const keys = new Set(all.map(({ idempotencyKey }) => idempotencyKey));
    if (keys.size > 1) found.push(`${jobId} used ${keys.size} Idempotency-Keys`);
    const attempts = new Set(all.map(({ attempt }) => attempt));
    if (attempts.size < all.length) found.push(`${jobId} had its effect twice in one attempt (${all.length} in all)`);
    const started = fences.get(jobId) ?? 0;
    if (Math.max(...attempts) > started)
      found.push(`${jobId} had an effect in attempt ${Math.max(...attempts)} of ${started}`);
  }
  return found.map((what) => ({ invariant: 'I2', what }));
}
