import { canaryOf } from '../load/canary.js';
import type { Ask } from '../load/plan.js';
import { submitUntilAnswered } from '../load/submit.js';
import type { Scene, Strike } from './scene.js';

/** What a poison job does to its process. */
const ACTS = ['exit', 'memory', 'block', 'uncaught'] as const;

/** Poison jobs are numbered above all jobs of the load. */
const FIRST_NUMBER = 900_000_000;

let made = 0;

const poison: Strike = {
  name: 'poison',
  summary: 'jobs that end, fill, block or break the process that runs them',
  async strike(scene) {
    const asks = ACTS.map((act) => askFor(scene, act));
    const { load, random, stand } = scene;
    const [caller] = load.callers;
    if (caller === undefined) throw new Error('there is no tenant');
    const parts = { caller, nextFront: () => random.pick(stand.fronts), book: load.book, file: load.file };
    await Promise.all(asks.map((ask) => submitUntilAnswered(ask, parts)));
    await scene.lasts(3_000);
  },
  async judge({ stand }) {
    const { rows } = await stand.ledger.query<{ id: string; state: string; act: string; category: string | null }>(
      `SELECT j.id, j.state, j.data->>'act' AS act, d.category FROM jobs j LEFT JOIN dead_letters d ON d.job_id = j.id
       WHERE j.task = 'system.fault' AND j.data->>'act' = ANY($1)
         -- Some jobs are cancelled by their submitters meanwhile, whatever they are.
         AND j.cancel_requested_at IS NULL`,
      [ACTS],
    );
    return rows
      .filter(({ state, category }) => state !== 'dead' || category !== 'poison')
      .map(
        ({ id, act, state, category }) => `the poisonous job ${id} (${act}) is ${state}, ${category ?? 'no letter'}`,
      );
  },
};

function askFor({ load }: Scene, act: (typeof ACTS)[number]): Ask {
  const tenantId = load.callers[0]?.tenantId ?? '';
  const number = FIRST_NUMBER + made++;
  const canary = canaryOf(tenantId, number);
  const data = { act, effect: 'tx', sinkUrl: `${load.sink.url}/${tenantId}/${canary}/0` };
  const job = { canary, durability: 'ledger' as const, delayMs: 0, body: { task: 'system.fault', data } };
  return { tenantId, key: `key-${tenantId}-${number}`, kind: 'single', jobs: [job], givesUp: false };
}

/** Job faults. */
export const POISON_STRIKES: readonly Strike[] = [poison];
