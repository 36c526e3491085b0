// @ts-check

/** A set-up failure that the user can act on; its message is printed without a stack. */
export class SetupError extends Error {
  name = 'SetupError';
}

/** @typedef {ReturnType<typeof createReport>} Report */

/**
 * The set-up's output to the user at the terminal: one plain line per step, on stderr, so that stdout belongs to the
 * command that runs (`npm run bench -- --json` prints one document there).
 * @param {{ write(text: string): unknown }} [stream]
 * @param {number} [heartbeatMs] how often a step reports that it is still running
 */
export function createReport(stream = process.stderr, heartbeatMs = 10_000) {
  const line = (/** @type {string} */ text) => void stream.write(`${text}\n`);
  return {
    line,
    /** @param {string} text */
    warn: (text) => line(`warning: ${text}`),
    /**
     * Runs one step and reports its duration; reports at every heartbeat that it is still running.
     * @template T
     * @param {string} text
     * @param {() => Promise<T>} run
     * @returns {Promise<T>}
     */
    async step(text, run) {
      const begun = performance.now();
      const seconds = () => `${((performance.now() - begun) / 1000).toFixed(1)} s`;
      line(`- ${text} ...`);
      const heartbeat = setInterval(() => line(`  still at it: ${text} (${seconds()})`), heartbeatMs);
      try {
        const result = await run();
        line(`  done in ${seconds()}`);
        return result;
      } finally {
        clearInterval(heartbeat);
      }
    },
  };
}

/**
 * The last lines of a text, indented, for the end of an error message.
 * @param {string} text
 * @param {number} [count]
 */
export function lastLines(text, count = 20) {
  return text
    .trimEnd()
    .split('\n')
    .slice(-count)
    .map((line) => `    ${line}`)
    .join('\n');
}
