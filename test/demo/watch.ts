import type { Database } from '@sluice/fleet/postgres/connect';
import { readFleetTable } from '@sluice/fleet/redis/commands/fleetTable';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import type { JobState } from '@sluice/shared/contracts/jobStates';

/** The fleet at one moment. */
export interface Sight {
  readonly seconds: number;
  readonly accepted: number;
  readonly waiting: number;
  readonly active: number;
  readonly done: number;
  /** Jobs that were started more than once. */
  readonly retried: number;
  readonly dead: number;
  /** Workers (slots) by tenant. */
  readonly workers: ReadonlyMap<string, number>;
}

const COUNT = `
SELECT state, count(*)::int AS jobs, count(*) FILTER (WHERE fence > 1)::int AS retried FROM jobs GROUP BY state`;

/**
 * Looks at the ledger and at what the scaler has decided.
 * @param seconds since the demo began
 */
export async function look(
  db: Database,
  fleet: { readonly redis: RedisService['client']; readonly keys: FleetKeys },
  seconds: number,
): Promise<Sight> {
  const [{ rows }, table] = await Promise.all([
    db.$client.query<{ state: JobState; jobs: number; retried: number }>(COUNT),
    readFleetTable(fleet.redis, fleet.keys),
  ]);
  const count = (...states: JobState[]): number =>
    rows.filter(({ state }) => states.includes(state)).reduce((sum, { jobs }) => sum + jobs, 0);
  return {
    seconds,
    accepted: rows.reduce((sum, { jobs }) => sum + jobs, 0),
    waiting: count('accepted', 'queued', 'delayed', 'retrying'),
    active: count('active'),
    done: count('completed'),
    retried: rows.reduce((sum, { retried }) => sum + retried, 0),
    dead: count('dead'),
    workers: table.desired,
  };
}

/** A sight as one line: tenants with more than one worker by name, the others together. */
export function lineOf(sight: Sight): string {
  const many = [...sight.workers].filter(([, workers]) => workers > 1).sort(([, a], [, b]) => b - a);
  const single = sight.workers.size - many.length;
  const workers = [
    ...many.map(([tenant, count]) => `${tenant} ${count}`),
    ...(single > 0 ? [`${many.length > 0 ? 'others' : 'every tenant'} 1`] : []),
  ];
  const figures = (['accepted', 'waiting', 'active', 'done', 'retried', 'dead'] as const)
    .map((name) => `${name} ${sight[name]}`)
    .join('  ');
  return `${String(sight.seconds).padStart(3)} s  ${figures}  |  workers: ${workers.join(', ') || 'none yet'}`;
}

/** Shows lines as they come: one that is written over on a terminal, one below the other elsewhere. */
export function createLiveLine(out: NodeJS.WriteStream): { show(line: string): void; end(): void } {
  let open = false;
  return {
    show(line) {
      if (!out.isTTY) return void out.write(`${line}\n`);
      out.write(`\r\u001b[2K${line.slice(0, Math.max(20, out.columns - 1))}`);
      open = true;
    },
    end() {
      if (open) out.write('\n');
      open = false;
    },
  };
}
