import type { Check } from './facts.js';

/** I4: no response, stream, page, metric or log exposes another tenant's data. */
export const tenantsAreApart: Check = ({ strange, telltales, pages }) => [
  ...strange.filter(({ against }) => against === 'I4').map(describe),
  ...pages.map((what) => ({ invariant: 'I4' as const, what })),
  ...telltales.map((line) => ({ invariant: 'I4' as const, what: `a log line holds a payload: ${line.slice(0, 300)}` })),
];

/** I5: refused clients receive 429 or 503 with `Retry-After`. */
export const refusalsAreOrderly: Check = ({ strange }) =>
  strange.filter(({ against }) => against === 'I5').map(describe);

function describe({ against, what, request, status, tenantId, body }: Parameters<Check>[0]['strange'][number]) {
  return {
    invariant: against,
    what: `${request} as ${tenantId ?? 'nobody'}: ${status} ${what}: ${body.slice(0, 200)}`,
  };
}

/** A claim may start a job this long before it is due, in ms. */
const EARLY_MS = 1_000;

/** I6: the backlog drains in time, and no job starts before it is due, whatever a clock says. */
export const jobsRunInTime: Check = ({ overdue, jobs, entries }) => {
  const delays = new Map(
    entries.map(({ canary, delayMs, durability }) => [canary, durability === 'ledger' ? delayMs : 0]),
  );
  const early = jobs.flatMap(({ id, canary, startedAfterMs }) => {
    const delayMs = delays.get(canary ?? '') ?? 0;
    if (startedAfterMs === null || startedAfterMs >= delayMs - EARLY_MS) return [];
    return [`${id} was put off for ${delayMs} ms and started after ${Math.round(startedAfterMs)} ms`];
  });
  return [...overdue, ...early].map((what) => ({ invariant: 'I6', what }));
};

/** I7: slots stay within their limits, and a deposed leader decides nothing. */
export const slotsAreBounded: Check = ({ slots, decisions }) => {
  const found = [...slots.amiss];
  if (slots.mostRunning > slots.mostAllowed) {
    found.push(`${slots.mostRunning} jobs of one tenant ran at once, of ${slots.mostAllowed} allowed`);
  }
  let highest = 0;
  for (const { leaderFence, tenantId, desired } of decisions) {
    if (leaderFence < highest)
      found.push(`the leader of fence ${leaderFence} decided for ${tenantId} after ${highest}`);
    if (desired < 1 || desired > 5) found.push(`${tenantId} was to have ${desired} slots`);
    highest = Math.max(highest, leaderFence);
  }
  return found.map((what) => ({ invariant: 'I7', what }));
};
