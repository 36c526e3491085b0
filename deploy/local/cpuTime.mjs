// @ts-check
import { readFileSync } from 'node:fs';

/** Ticks of a second in which Linux tells CPU times, on every processor. */
const TICKS = 100;

/**
 * CPU time of this process and of all below it that have ended, in seconds.
 * @returns {{ user: number, system: number } | undefined} undefined where the system does not tell
 */
export function readCpuTime() {
  if (process.platform !== 'linux') return undefined;
  return parseCpuTime(readFileSync('/proc/self/stat', 'utf8'));
}

/** @param {string} stat a line of /proc/<pid>/stat */
export function parseCpuTime(stat) {
  // The name, in parentheses, may hold anything; the state follows it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = 0, system = 0, usersOfEnded = 0, systemOfEnded = 0] = fields.slice(11, 15).map(Number);
  return { user: (user + usersOfEnded) / TICKS, system: (system + systemOfEnded) / TICKS };
}

/**
 * One line that tells what a run took.
 * @param {{ user: number, system: number }} cpu in seconds
 * @param {number} wallSeconds
 */
export function describeCpuTime({ user, system }, wallSeconds) {
  const minutes = (/** @type {number} */ seconds) => (seconds / 60).toFixed(1);
  return `CPU ${minutes(user + system)} min (user ${minutes(user)}, system ${minutes(system)}), wall ${minutes(wallSeconds)} min`;
}
