import type { Zone } from '../contracts/jobs.js';

/** Backlog at which a lane leaves each zone, by kind of priority. Source: requirement 5, defaults. */
const BACKLOG_LIMITS = {
  high: { green: 1_000, yellow: 5_000, red: 10_000 },
  medium: { green: 500, yellow: 2_000, red: 5_000 },
  low: { green: 100, yellow: 500, red: 1_000 },
} as const;

/**
 * Load zone of a lane for a job of this priority: green up to the first limit, then yellow, red, and shed above the
 * last.
 * @param waiting jobs that wait in the lane
 * @param priority 0..100; 67 and above is high, below 34 is low
 */
export function zoneOf(waiting: number, priority: number): Zone {
  const limits = BACKLOG_LIMITS[priority >= 67 ? 'high' : priority < 34 ? 'low' : 'medium'];
  if (waiting <= limits.green) return 'green';
  if (waiting <= limits.yellow) return 'yellow';
  return waiting <= limits.red ? 'red' : 'shed';
}
