// @ts-check
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { endsWithin, startChild } from './child.mjs';

/** @typedef {import('./child.mjs').Child} Child */
/** @typedef {ReturnType<typeof supervise>} Supervised */

const LAST_LINES = 10;
const BIGGEST_LOG_BYTES = 20_000_000;
const STOP_WITHIN_MS = 30_000; // above SHUTDOWN_GRACE_MS's default of 25 s
const HEALTHY_MS = 60_000;
const LAST_WORDS_MS = 1_000;
const WARN = 40; // pino's numbers

/**
 * Keeps one Node process running: logs to a file, shows each warning in one line, and restarts it with backoff when it
 * ends after it was ready.
 * @param {{
 *   name: string, argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv, logFile: string, restarts: boolean,
 *   show: (line: string) => void,
 * }} options
 */
export function supervise({ name, argv, cwd, env, logFile, restarts, show }) {
  mkdirSync(dirname(logFile), { recursive: true });
  if (existsSync(logFile) && statSync(logFile).size > BIGGEST_LOG_BYTES) renameSync(logFile, `${logFile}.1`);
  const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
  /**
   * @type {{ child?: Child, closed?: Promise<unknown>, url?: string | undefined, lines: string[], stopping: boolean,
   * failures: number, timer?: NodeJS.Timeout }}
   */
  const state = { lines: [], stopping: false, failures: 0 };

  /** @returns {Promise<void>} resolves when it reports that it is ready, rejects when it ends before that */
  async function run() {
    const child = await startChild(process.execPath, [...argv], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      stopWithinMs: STOP_WITHIN_MS,
    });
    state.child = child;
    state.closed = once(child.child, 'close');
    if (state.stopping) void child.stop(); // stopped while it was starting
    state.lines = [];
    const begunAt = performance.now();
    let wasReady = false;
    await new Promise((resolve, reject) => {
      for (const stream of [child.child.stdout, child.child.stderr]) {
        if (stream === null) continue;
        createInterface({ input: stream }).on('line', (line) => {
          if (!log.writableEnded) log.write(`${line}\n`);
          state.lines = [...state.lines.slice(1 - LAST_LINES), line];
          const entry = readLogLine(line);
          if (entry.level >= WARN) show(`${entry.time} ${name}: ${entry.text}`);
          if (entry.msg !== 'ready') return;
          wasReady = true;
          state.url = entry.url;
          resolve(undefined);
        });
      }
      child.child.once('close', () => {
        if (!wasReady) reject(new Error(endedText(name, child, state.lines, logFile)));
        else if (!state.stopping) restartLater(endedText(name, child, state.lines, logFile), begunAt);
      });
    });
  }

  /** @param {string} text @param {number} begunAt */
  function restartLater(text, begunAt) {
    state.failures = performance.now() - begunAt > HEALTHY_MS ? 1 : state.failures + 1;
    show(text);
    if (!restarts) return;
    const delayMs = Math.min(1_000 * 2 ** (state.failures - 1), 30_000);
    show(`${name} is started again in ${delayMs / 1000} s`);
    state.timer = setTimeout(() => {
      const begunAgainAt = performance.now();
      run().then(
        () => show(`${name} is ready again`),
        (error) => state.stopping || restartLater(error.message, begunAgainAt),
      );
    }, delayMs);
  }

  return {
    name,
    logFile,
    start: run,
    /** The pid of its current process; undefined before the first start. */
    pid: () => state.child?.pid,
    url: () => state.url,
    /** Stops it for good; running jobs may finish. */
    async stop() {
      state.stopping = true;
      clearTimeout(state.timer);
      await state.child?.stop();
      if (state.closed !== undefined) await endsWithin(state.closed, LAST_WORDS_MS); // its last output
      await new Promise((resolve) => log.end(resolve));
    },
  };
}

/**
 * @param {string} line a log line: JSON from pino, or the output of a crashing process
 * @returns {{ level: number, time: string, text: string, msg?: string, url?: string }}
 */
export function readLogLine(line) {
  try {
    if (!line.startsWith('{')) throw new SyntaxError('not an entry');
    const { level, time, msg, url, err } = JSON.parse(line);
    const reason = err?.message === undefined ? '' : ` (${err.message})`;
    const clock = new Date(time ?? Date.now()).toISOString().slice(11, 19);
    return { level: levelNumber(level), time: clock, text: `${msg ?? ''}${reason}`, msg, url };
  } catch {
    return { level: WARN, time: new Date().toISOString().slice(11, 19), text: line };
  }
}

/** @param {unknown} level pino's number, or its name if the log is configured that way */
function levelNumber(level) {
  if (typeof level === 'number') return level;
  return ['warn', 'error', 'fatal'].includes(String(level)) ? WARN : 0;
}

/** @param {string} name @param {Child} child @param {string[]} lines @param {string} logFile */
function endedText(name, { child }, lines, logFile) {
  const how = child.signalCode === null ? `with exit code ${child.exitCode}` : `by ${child.signalCode}`;
  const said = lines.map((line) => `    ${readLogLine(line).text}`).join('\n');
  return `${name} ended ${how}. Its last lines (all: ${logFile}):\n${said}`;
}
