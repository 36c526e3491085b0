import type { UserStory } from './askReport.js';

/** The outcome of the quota demo, as `--json` prints it. */
export interface QuotaReport {
  readonly ok: boolean;
  readonly quota: { readonly callsPerWindow: number; readonly windowMs: number };
  readonly totals: {
    readonly users: number;
    readonly atOnce: number;
    readonly queued: number;
    readonly errors: number;
  };
  readonly users: readonly UserStory[];
}

/** Adds everything up: as many at once as the quota allows, all others from the queue, no error. */
export function quotaReportOf(users: readonly UserStory[], quota: QuotaReport['quota']): QuotaReport {
  const count = (how: UserStory['answered']): number => users.filter(({ answered }) => answered === how).length;
  const totals = {
    users: users.length,
    atOnce: count('at once'),
    queued: count('from the queue'),
    errors: count('with an error'),
  };
  const ok =
    totals.errors === 0 &&
    totals.atOnce === quota.callsPerWindow &&
    users.every(({ answered, rows, place }) => rows !== null && (answered === 'at once' || place !== null));
  return { ok, quota, totals, users };
}

/** The report for people. */
export function quotaTextOf({ ok, quota, totals, users }: QuotaReport): string {
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => cell.padEnd([9, 16, 7, 9, 5][i] ?? 0)).join('');
  return [
    '',
    line(['user', 'answered', 'place', 'after', 'rows']),
    line(['-----', '--------------', '-----', '-------', '----']),
    ...users.map(({ user, answered, place, tookMs, rows }) =>
      line([user, answered, String(place ?? '-'), `${(tookMs / 1_000).toFixed(1)} s`, String(rows ?? '-')]),
    ),
    '',
    `${totals.users} users asked at once, with a quota of ${quota.callsPerWindow} calls in ${quota.windowMs / 1_000} s: ` +
      `${totals.atOnce} were answered at once, ${totals.queued} from the queue, ${totals.errors} with an error.`,
    ok ? 'Everyone got the report, and nobody saw an error.' : 'THAT IS NOT AS IT SHOULD BE.',
    '',
  ].join('\n');
}
