// @ts-check
import { readFileSync } from 'node:fs';

/** Ticks per second in which Linux reports CPU times, on every architecture. */
const TICKS = 100;

/**
 * CPU time of this process and of all its ended descendants, in seconds.
 * @returns {{ user: number, system: number } | undefined} undefined where the system does not report it
 */
export function readCpuTime() {
  if (process.platform !== 'linux') return undefined;
  return parseCpuTime(readFileSync('/proc/self/stat', 'utf8'));
}

/** @param {string} stat a line of /proc/<pid>/stat */
export function parseCpuTime(stat) {
  // The name, in parentheses, may contain anything; the state follows it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = 0, system = 0, usersOfEnded = 0, systemOfEnded = 0] = fields.slice(11, 15).map(Number);
  return { user: (user + usersOfEnded) / TICKS, system: (system + systemOfEnded) / TICKS };
}

/**
 * Describes the CPU and wall time of a run in one line.
 * @param {{ user: number, system: number }} cpu in seconds
 * @param {number} wallSeconds
 */
export function describeCpuTime({ user, system }, wallSeconds) {
  const minutes = (/** @type {number} */ seconds) => (seconds / 60).toFixed(1);
  return `CPU ${minutes(user + system)} min (user ${minutes(user)}, system ${minutes(system)}), wall ${minutes(wallSeconds)} min`;
}
