// @ts-check
import { supervise } from './supervise.mjs';

/** @typedef {import('./supervise.mjs').Supervised} Supervised */
/** @typedef {ReturnType<typeof createWorkerPool>} WorkerPool */

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/**
 * Owns the worker processes: starts and drains them to a desired number. Draining workers finish their jobs; together
 * with the others they never exceed `max`. A crashed worker is restarted, and all workers end with this process,
 * however it ends.
 * @param {{
 *   argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv, logFileOf: (name: string) => string, max: number,
 *   restarts?: boolean, show: (line: string) => void,
 * }} options
 */
export function createWorkerPool({ max, show, logFileOf, restarts = true, ...how }) {
  /** Workers to keep, by number. @type {Map<number, Supervised>} */
  const staying = new Map();
  /** Draining workers, by number. @type {Map<number, Promise<void>>} */
  const draining = new Map();
  let wanted = 0;
  let failures = 0;
  let stopping = false;
  /** @type {NodeJS.Timeout | undefined} */
  let retry;

  /** Starts missing workers, up to `max`; drains surplus ones, the highest number first. @returns {Promise<void>[]} */
  function settle() {
    if (stopping) return [];
    while (staying.size > wanted) drain(Math.max(...staying.keys()));
    const starts = [];
    while (staying.size < wanted && staying.size + draining.size < max) starts.push(start(freeNumber()));
    return starts;
  }

  /** @param {number} number @returns {Promise<void>} resolves when it is ready; rejects when it ends before that */
  async function start(number) {
    const name = `worker-${number}`;
    const member = supervise({ ...how, name, logFile: logFileOf(name), restarts, show });
    staying.set(number, member);
    try {
      await member.start();
      failures = 0;
    } catch (error) {
      if (staying.get(number) !== member) return; // asked to drain meanwhile
      await member.stop();
      staying.delete(number);
      throw error;
    }
  }

  /** @param {number} number */
  function drain(number) {
    const member = staying.get(number);
    staying.delete(number);
    if (member === undefined) return;
    const ended = member.stop().finally(() => {
      draining.delete(number);
      settleLater(0);
    });
    draining.set(number, ended);
  }

  /** @param {number} delayMs */
  function settleLater(delayMs) {
    clearTimeout(retry);
    if (!stopping) retry = setTimeout(() => void watch(settle()), delayMs);
  }

  /** Retries workers that cannot be started, with backoff. @param {Promise<void>[]} starts */
  async function watch(starts) {
    const failed = (await Promise.allSettled(starts)).filter((outcome) => outcome.status === 'rejected');
    if (failed.length === 0 || stopping) return;
    for (const { reason } of failed) show(reason.message);
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS);
    failures++;
    show(`restarting a worker in ${delayMs / 1000} s`);
    settleLater(delayMs);
  }

  function freeNumber() {
    for (let number = 1; ; number++) if (!staying.has(number) && !draining.has(number)) return number;
  }

  return {
    max,
    /** `wanted`: the desired number; `running`: the actual number, including draining workers. */
    state: () => ({ wanted, running: staying.size + draining.size }),
    /** Pids of the workers to keep. */
    pids: () => [...staying.values()].map((member) => member.pid()),
    /** Starts the first workers; rejects when one of them cannot be started. @param {number} count */
    async start(count) {
      wanted = count;
      await Promise.all(settle());
    },
    /** Sets the desired number; does not wait until it is reached. @param {number} count */
    want(count) {
      if (count === wanted || stopping) return;
      show(count > wanted ? `workers: ${wanted} -> ${count}` : `workers: ${wanted} -> ${count}, the others drain`);
      wanted = count;
      void watch(settle());
    },
    /** Stops all workers for good; running jobs may finish. */
    async stop() {
      stopping = true;
      clearTimeout(retry);
      await Promise.all([...[...staying.values()].map((member) => member.stop()), ...draining.values()]);
    },
  };
}
