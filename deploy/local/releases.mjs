// @ts-check
import { SetupError } from './report.mjs';

/** @typedef {ReturnType<typeof createReleases>} Releases */

/**
 * Collects release functions for what a run starts, and runs them in reverse order. Every release runs even if one
 * throws; one that is added after that began runs immediately.
 * @param {(text: string) => void} warn
 */
export function createReleases(warn) {
  /** @type {Array<{ name: string, release: (signal: NodeJS.Signals) => unknown }>} */
  const stack = [];
  /** @type {Promise<void> | undefined} */
  let undoing;

  /** @param {NodeJS.Signals} signal */
  async function undo(signal) {
    for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
      try {
        await entry.release(signal);
      } catch (error) {
        warn(`${entry.name}: ${/** @type {Error} */ (error).message}`);
      }
    }
  }

  return {
    /**
     * @param {string} name what is released, for the warning if the release fails
     * @param {(signal: NodeJS.Signals) => unknown} release
     */
    add(name, release) {
      stack.push({ name, release });
      if (undoing === undefined) return;
      undoing = undoing.then(() => undo('SIGTERM'));
      throw new SetupError(`${name} was started during shutdown`);
    },
    /** Releases everything; a second call waits for the first. @param {NodeJS.Signals} [signal] */
    run(signal = 'SIGTERM') {
      undoing ??= undo(signal);
      return undoing;
    },
  };
}
