// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const WATCHDOG = fileURLToPath(new URL('watchdog.mjs', import.meta.url));

/** @typedef {{ code: number | null, signal: NodeJS.Signals | null }} Exit */
/**
 * @typedef {object} Child
 * @property {number} pid
 * @property {import('node:child_process').ChildProcess} child
 * @property {Promise<Exit>} exited
 * @property {() => boolean} hasExited
 * @property {(signals?: NodeJS.Signals[]) => Promise<void>} stop sends its stop signals, waits, then kills its whole
 * group
 * @property {() => void} kill kills it and its group immediately
 * @property {() => void} killRest kills the rest of its group after it has ended
 */

/** @type {Set<Child>} */
const running = new Set();
/** @type {import('node:stream').Writable | undefined} */
let watchdog;

/**
 * Starts a process in its own process group, so that Ctrl+C in a terminal reaches only us and we stop things in
 * order, and reports it to the watchdog, so that it ends even if we are killed.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions & { stopSignals?: NodeJS.Signals[], stopWithinMs?: number }}
 * options stopSignals: sent one after the other, `stopWithinMs` apart, before SIGKILL
 * @returns {Promise<Child>} resolves once it runs; rejects when it cannot be started
 */
export async function startChild(command, args, options) {
  const { stopSignals = ['SIGTERM'], stopWithinMs = 10_000, ...spawnOptions } = options;
  const child = spawn(command, args, { detached: true, stdio: 'ignore', ...spawnOptions });
  /** @type {Promise<Exit>} */
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  await once(child, 'spawn');
  const pid = /** @type {number} */ (child.pid);
  tellWatchdog(`+ ${pid} ${stopSignals.join(' ')}`);

  /** @type {Child} */
  const handle = {
    pid,
    child,
    exited,
    hasExited: () => child.exitCode !== null || child.signalCode !== null,
    async stop(signals = stopSignals) {
      for (const signal of signals) {
        if (handle.hasExited()) return;
        child.kill(signal);
        if (await endsWithin(exited, stopWithinMs)) return;
      }
      handle.kill();
      await exited;
    },
    kill: () => void (handle.hasExited() || signalGroup(pid, 'SIGKILL')),
    killRest: () => signalGroup(pid, 'SIGKILL'),
  };
  running.add(handle);
  void exited.then(() => {
    running.delete(handle);
    tellWatchdog(`- ${pid}`);
  });
  return handle;
}

/** Stops this process's running children, the last started first. */
export async function stopChildren() {
  for (const child of [...running].reverse()) await child.stop();
}

/** Kills every child of this process immediately: for a second Ctrl+C. */
export function killChildren() {
  for (const child of [...running].reverse()) child.kill();
}

/**
 * Runs a program to completion without a shell and collects its output.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions & { input?: string, timeoutMs?: number }} [options]
 * @returns {Promise<{ ok: boolean, code: number | null, output: string }>} also not ok when it cannot be started
 */
export async function runToEnd(command, args, { input, timeoutMs, ...options } = {}) {
  /** @type {Child} */
  let handle;
  try {
    handle = await startChild(command, args, { ...options, stdio: 'pipe', stopWithinMs: 2_000 });
  } catch (error) {
    return { ok: false, code: null, output: /** @type {Error} */ (error).message };
  }
  let output = '';
  handle.child.stdout?.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text));
  handle.child.stderr?.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text));
  handle.child.stdin?.on('error', () => undefined).end(input ?? '');
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => void handle.stop(), timeoutMs);
  const closed = once(handle.child, 'close');
  const { code } = await handle.exited;
  clearTimeout(timer);
  await endsWithin(closed, 1_000);
  return { ok: code === 0, code, output };
}

/**
 * @param {Promise<unknown>} promise
 * @param {number} withinMs
 */
export async function endsWithin(promise, withinMs) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, withinMs, false)));
  const result = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return result === true;
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // The process ended meanwhile.
  }
}

/** @param {string} line */
function tellWatchdog(line) {
  if (watchdog === undefined) {
    const dog = spawn(process.execPath, [WATCHDOG], { detached: true, cwd: '/', stdio: ['pipe', 'ignore', 'ignore'] });
    dog.on('error', () => undefined);
    dog.unref();
    watchdog = dog.stdin;
    watchdog.on('error', () => undefined);
    /** @type {import('node:net').Socket} */ (watchdog).unref();
  }
  watchdog.write(`${line}\n`);
}
