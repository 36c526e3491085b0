import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { AttemptStop } from '../attempt/attemptStop.js';
import type { Execution } from '../attempt/execution.js';
import { HEED_MS, stoppedFor } from '../execute/executeTask.js';
import { logOutput } from './childOutput.js';
import { judgeChild } from './judgeChild.js';
import type { ChildAttempt, ChildMessage, ChildSetup, ParentMessage } from './messages.js';
import { childMessageSchema, fromLastWord } from './messages.js';
import { createRoom } from './room.js';

/** An attempt to run in a process of its own. */
export interface IsolatedAttempt extends ChildAttempt {
  readonly timeoutMs: number;
  /** Whether its task may block the event loop until its timeout. */
  readonly mayBlock: boolean;
  progress(value: number | Record<string, unknown>): Promise<void>;
  log(line: string): Promise<void>;
}

/** Runs attempts in processes of their own. */
export interface Isolation {
  /** Waits for a free place, starts a process, and resolves once that has ended. Never rejects. */
  run(attempt: IsolatedAttempt, stop: AttemptStop): Promise<Execution>;
}

/** How attempts' processes are created. */
export interface IsolationOptions {
  readonly setup: Omit<ChildSetup, 'blockedMs'>;
  readonly blockedMs: number;
  /** Maximum number of concurrent attempt processes. */
  readonly processes: number;
  /** V8 heap limit of such a process, in MB. */
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Names of further environment variables that such a process receives. */
  readonly passedOn: readonly string[];
  readonly log: Log;
  /** The program that the process runs; a test substitutes its own script. */
  readonly program?: string;
}

const ATTEMPT_MAIN = fileURLToPath(new URL('./attemptMain.js', import.meta.url));

/** Environment variables inherited from the parent: everything else comes with the attempt. */
const PASSED_ON = /^(PATH|HOME|TZ|LANG|LC_.*|TMPDIR|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|PG.*)$/;

/** A process that has not started its handler within this time is killed, in ms. */
const START_MS = 60_000;

/** Time for a process to exit, and its output to be read, after its last message, in ms. */
const LEAVE_MS = 1_000;

/** A process with more concurrent calls than this is killed. */
const MOST_CALLS = 1_000;

/** Starts attempts' processes on demand; none is kept. */
export function createIsolation(options: IsolationOptions): Isolation {
  const room = createRoom(options.processes);
  return {
    async run(attempt, stop) {
      if (!(await room.enter(stop))) return stoppedFor(stop.reason ?? 'stopping', attempt.timeoutMs);
      try {
        return await runInProcess(attempt, stop, options);
      } catch (error) {
        // Some resource shortages are thrown instead of emitted as an event.
        const unstarted = {
          started: false,
          said: null,
          misdeed: null,
          stop: stop.reason,
          timeoutMs: attempt.timeoutMs,
        };
        return judgeChild({ ...unstarted, end: `(${String(error)})` });
      } finally {
        room.leave();
      }
    },
  };
}

function start({ memoryMb, environment, passedOn, program = ATTEMPT_MAIN }: IsolationOptions): ChildProcess {
  return fork(program, [String(process.pid)], {
    execArgv: [`--max-old-space-size=${memoryMb}`],
    env: Object.fromEntries(
      Object.entries(environment).filter(([name]) => PASSED_ON.test(name) || passedOn.includes(name)),
    ),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

async function runInProcess(
  attempt: IsolatedAttempt,
  stop: AttemptStop,
  options: IsolationOptions,
): Promise<Execution> {
  const child = start(options);
  for (const stream of [child.stdout, child.stderr]) if (stream !== null) logOutput(stream, attempt.jobId, options.log);
  const timers = new Set<NodeJS.Timeout>();
  const heard: { started: boolean; said: Execution | null; misdeed: string | null } = {
    started: false,
    said: null,
    misdeed: null,
  };
  const kill = (): boolean => child.kill('SIGKILL');
  const later = (ms: number, act: () => void): void => void timers.add(setTimeout(act, ms));
  const tell = (message: ParentMessage): void => void (child.connected && child.send(message, () => undefined));
  const hear = createListener(attempt, tell);

  child.on('message', (raw) => {
    const parsed = childMessageSchema.safeParse(raw);
    if (heard.said !== null || heard.misdeed !== null) return;
    if (!parsed.success) heard.misdeed = "the attempt's process said what no attempt says";
    else if (parsed.data.kind === 'started') {
      if (!heard.started) later(attempt.timeoutMs, () => stop.stop('timed-out'));
      heard.started = true;
    } else
      heard.misdeed = hear(parsed.data, (said) => {
        heard.said = said;
        later(LEAVE_MS, kill);
      });
    if (heard.misdeed !== null) kill();
  });
  later(START_MS, () => void (heard.started || kill()));
  stop.onStop(() => {
    tell({ kind: 'stop', reason: stop.reason ?? 'stopping' });
    later(HEED_MS, kill);
  });
  const { timeoutMs, mayBlock, jobId, tenantId, fence, task, data, traceparent } = attempt;
  const setup = { ...options.setup, blockedMs: mayBlock ? null : options.blockedMs };
  tell({ kind: 'run', setup, attempt: { jobId, tenantId, fence, task, data, traceparent } });
  const end = await ended(child, later);
  for (const timer of timers) clearTimeout(timer);
  return judgeChild({ ...heard, end, stop: stop.reason, timeoutMs });
}

/** Carries out the process's calls, and returns any protocol violation by it. */
function createListener(
  attempt: IsolatedAttempt,
  tell: (message: ParentMessage) => void,
): (message: Exclude<ChildMessage, { kind: 'started' }>, said: (execution: Execution) => void) => string | null {
  let underWay = 0;
  async function carryOut(call: number, act: () => Promise<void>): Promise<void> {
    underWay++;
    let error: string | null = null;
    try {
      await act();
    } catch (thrown) {
      error = thrown instanceof Error ? thrown.message : String(thrown);
    }
    underWay--;
    tell({ kind: 'answered', call, error });
  }
  return (message, said) => {
    if (underWay >= MOST_CALLS) return "the attempt's process asked for too much at a time";
    try {
      if (message.kind === 'log') void carryOut(message.call, () => attempt.log(message.line));
      else if (message.kind === 'progress') {
        const value = JSON.parse(message.json);
        void carryOut(message.call, () => attempt.progress(value));
      } else said(fromLastWord(message));
      return null;
    } catch {
      return "the attempt's process said what is no JSON";
    }
  };
}

/**
 * Resolves with how a process ended, once all its messages and output are read; a grandchild that holds the output open
 * is not waited for.
 */
function ended(child: ChildProcess, later: (ms: number, act: () => void) => void): Promise<string> {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      if (child.pid === undefined) resolve(`(${error.message})`);
    });
    child.once('exit', (code, signal) => {
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      child.once('close', () => resolve(how));
      later(LEAVE_MS, () => resolve(how));
    });
  });
}
