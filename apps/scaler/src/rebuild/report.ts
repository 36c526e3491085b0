import type { FleetSurvey } from './surveyFleet.js';

/** How a rebuild ended. */
export type Outcome = 'done' | 'compared' | 'incomplete' | 'refused' | 'not-confirmed';

/** The command's final totals; printed as they are by `--json`. */
export interface RebuildReport extends FleetSurvey {
  readonly outcome: Outcome;
  /** Keys deleted before the rebuild. */
  readonly deletedKeys: number;
  /** Rows compared with Redis. */
  readonly rows: number;
  /** Jobs added; with `--dry-run`, those that would be. */
  readonly added: number;
  /** Rows left to the fleet: just written, or run by a process that may be alive. */
  readonly left: number;
  readonly seconds: number;
}

/** The exit code of each outcome. */
export const EXIT_CODES = {
  done: 0,
  compared: 0,
  incomplete: 1,
  'not-confirmed': 1,
  refused: 3,
} as const satisfies Record<Outcome, number>;

/** Describes the survey in words. */
export function describeSurvey(survey: FleetSurvey): string {
  const { unfinished, tenants, lanes, workers, leads } = survey;
  const running =
    workers > 0 || leads ? `${many(workers, 'worker')} ${leads ? 'and a leading scaler' : ''} run` : 'no process runs';
  return [
    `The ledger holds ${many(unfinished, 'unfinished job')} of ${many(tenants, 'tenant')}.`,
    `Redis knows ${many(lanes, 'lane')} of this fleet; ${running.replace('  ', ' ')}.`,
  ].join('\n');
}

/** Describes the outcome in words. */
export function describeEnd({ outcome, rows, added, left, seconds }: RebuildReport): string {
  const sums = `${many(rows, 'row')} compared, ${many(added, 'job')} added, ${many(left, 'row')} left to the fleet; ${rate(rows, seconds)}.`;
  switch (outcome) {
    case 'done':
      return `${sums}\nRedis holds every unfinished job. The rows left to the fleet are recent or running; the leading scaler handles them.`;
    case 'compared':
      return `${many(rows, 'row')} compared, ${many(added, 'job')} would be added, ${many(left, 'row')} left to the fleet; ${rate(rows, seconds)}. Nothing was written.`;
    case 'incomplete':
      return `${sums}\nRedis lost data during the rebuild. Run the command again.`;
    case 'refused':
      return 'Redis holds queues of this fleet. --merge adds what is missing; --empty deletes them first. Nothing was written.';
    case 'not-confirmed':
      return 'Not confirmed. Nothing was written.';
  }
}

function rate(rows: number, seconds: number): string {
  return `${seconds.toFixed(1)} s, ${Math.round(rows / Math.max(seconds, 0.001)).toLocaleString('en')} rows/s`;
}

function many(count: number, thing: string): string {
  return `${count.toLocaleString('en')} ${thing}${count === 1 ? '' : 's'}`;
}
