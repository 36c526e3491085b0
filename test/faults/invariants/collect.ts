import type { Pool } from 'pg';
import { readAccepted } from '../load/acceptedFile.js';
import { foreignCanary } from '../load/canary.js';
import type { Load } from '../load/load.js';
import type { SlotWatch } from '../stand/slotWatch.js';
import type { Stand } from '../stand/stand.js';
import type { Decision, Facts, LedgerJob, Transition } from './facts.js';

/** Every job, with the canary in its data. */
const JOBS = `
SELECT id, tenant_id AS "tenantId", substring(data::text from 'canary-[a-z]+-[0-9]+') AS canary, task, state, fence,
       (extract(epoch FROM started_at - accepted_at) * 1000)::float8 AS "startedAfterMs",
       CASE WHEN task = 'system.fault' THEN data->>'effect' END AS effect
FROM jobs`;

const TRANSITIONS = `
SELECT job_id AS "jobId", from_state AS "fromState", to_state AS "toState", from_fence AS "fromFence", to_fence AS "toFence"
FROM faults.transitions ORDER BY seq`;

const DECISIONS = `
SELECT tenant_id AS "tenantId", desired, leader_fence AS "leaderFence" FROM scaling_decisions ORDER BY id`;

const ROWS = 'SELECT job_id AS id, count(*)::int AS count FROM fault_effects GROUP BY job_id';

/** What the collector cannot determine on its own. */
export interface RoundEnd {
  readonly overdue: readonly string[];
  readonly pages: readonly string[];
  readonly redisLost: boolean;
}

/** Collects everything observed since the stand was opened. */
export async function collectFacts(stand: Stand, load: Load, watch: SlotWatch, end: RoundEnd): Promise<Facts> {
  const [jobs, transitions, decisions, rows, accepted] = await Promise.all([
    ask<LedgerJob>(stand.ledger, JOBS),
    ask<Transition>(stand.ledger, TRANSITIONS),
    ask<Decision>(stand.ledger, DECISIONS),
    ask<{ id: string; count: number }>(stand.ledger, ROWS),
    readAccepted(load.file.path),
  ]);
  return {
    accepted,
    entries: [...load.book.entries.values()],
    strange: load.book.strange,
    jobs,
    transitions,
    hits: load.sink.hits,
    rows: new Map(rows.map(({ id, count }) => [id, count])),
    decisions,
    telltales: telltales(stand),
    slots: { mostRunning: load.sink.most(), mostAllowed: watch.mostAllowed, amiss: watch.amiss },
    ...end,
  };
}

async function ask<Row>(ledger: Pool, text: string): Promise<Row[]> {
  return (await ledger.query(text)).rows as Row[];
}

/** Log lines with a payload: none may contain one, of any tenant. */
function telltales({ posts, dashboard }: Stand): string[] {
  return [dashboard, ...posts.map(({ member }) => member)].flatMap((member) => {
    const lines = member.lines().map((line) => JSON.stringify(line));
    return lines.filter((line) => foreignCanary(line, null) !== null).map((line) => `${member.name}: ${line}`);
  });
}
