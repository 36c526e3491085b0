import type { RoundReport } from '../round.js';

/** A soak's results for one fault. */
export interface FaultSummary {
  readonly name: string;
  readonly times: number;
  /** From repair until the earlier backlog had drained, in ms; null when it never did. */
  readonly recoveryMs: { readonly median: number; readonly worst: number } | null;
  /** Jobs accepted in the rounds with this fault. */
  readonly jobs: number;
  readonly violations: number;
}

/** Aggregates the rounds by fault; a round with two faults counts for both. */
export function summarise(rounds: readonly RoundReport[]): FaultSummary[] {
  const names = [...new Set(rounds.flatMap(({ strikes }) => strikes))].sort();
  return names.map((name) => {
    const own = rounds.filter(({ strikes }) => strikes.includes(name));
    const recoveries = own.flatMap(({ recoveryMs }) => (recoveryMs === null ? [] : [recoveryMs])).sort((a, b) => a - b);
    const median = recoveries[Math.floor(recoveries.length / 2)];
    const worst = recoveries.at(-1);
    return {
      name,
      times: own.length,
      recoveryMs: median === undefined || worst === undefined ? null : { median, worst },
      jobs: own.reduce((sum, { jobs }) => sum + jobs, 0),
      violations: own.reduce((sum, { violations }) => sum + violations.length, 0),
    };
  });
}

/** Formats the summaries as a table. */
export function tableOf(summaries: readonly FaultSummary[]): string {
  const seconds = (ms: number | undefined): string => (ms === undefined ? '-' : `${(ms / 1_000).toFixed(1)} s`);
  const head = ['fault', 'times', 'recovery', 'worst', 'jobs', 'violations'];
  const rows = summaries.map(({ name, times, recoveryMs, jobs, violations }) => [
    name,
    String(times),
    seconds(recoveryMs?.median),
    seconds(recoveryMs?.worst),
    String(jobs),
    String(violations),
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0, column))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
