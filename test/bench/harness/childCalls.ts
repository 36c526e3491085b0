import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { within } from '@sluice/shared/lifecycle/within';
import { z } from 'zod';

const answerSchema = z.union([
  z.object({ id: z.number(), value: z.unknown() }),
  z.object({ id: z.number(), error: z.string() }),
]);
const callSchema = z.object({ id: z.number(), name: z.string(), argument: z.unknown() });

/** As our producer and worker processes have it; every process of the bench runs with it, so that no side gains by it. */
const YOUNG_GENERATION = '--max-semi-space-size=64';

/** How long a call may take unless it says otherwise, in ms. */
const GIVE_UP_MS = 600_000;

/** A child process that answers calls over its IPC channel. */
export interface CalledChild {
  readonly pid: number;
  /** When the process was asked for, by `nowMs`. */
  readonly forkedAtMs: number;
  /** Calls by name; the answer is parsed. Rejects with the child's own error, or when it ends or takes too long. */
  call<Reply>(name: string, argument: unknown, reply: z.ZodType<Reply>): Promise<Reply>;
  /** Lets the process end by itself, with what it does at its exit. */
  end(): Promise<void>;
  /** Ends the process at once; what it holds in Redis goes with the bench's keys. */
  stop(): Promise<void>;
}

/**
 * The clock that the processes of a bench share, in ms with fractions since some moment. Node's high-resolution time is the
 * machine's monotonic clock (CLOCK_MONOTONIC), the same for every process and never set, where unix time as a process knows
 * it (`performance.timeOrigin`) differs by tenths of a millisecond between processes.
 */
export function nowMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

/** Starts a built file as a child process. */
export function forkCalled(file: URL, environment: Readonly<Record<string, string>>): CalledChild {
  const forkedAtMs = nowMs();
  const child = fork(file, {
    execArgv: [YOUNG_GENERATION],
    env: { PATH: process.env.PATH, ...environment },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let calls = 0;
  child.on('message', (message) => {
    const answer = answerSchema.parse(message);
    const waiting = pending.get(answer.id);
    pending.delete(answer.id);
    if ('error' in answer) waiting?.reject(new Error(answer.error));
    else waiting?.resolve(answer.value);
  });
  child.once('exit', (code, signal) => {
    for (const { reject } of pending.values()) reject(new Error(`a process of the bench ended (${signal ?? code})`));
    pending.clear();
  });
  return {
    pid: child.pid ?? 0,
    forkedAtMs,
    async call(name, argument, reply) {
      const id = ++calls;
      const answered = new Promise<unknown>((resolve, reject) => {
        pending.set(id, { resolve, reject });
        if (!hasEnded(child)) child.send({ id, name, argument }, (error) => error !== null && reject(error));
        else reject(new Error('a process of the bench has ended'));
      });
      return reply.parse(
        await within(GIVE_UP_MS, answered, () => new Error(`"${name}" was not answered within ${GIVE_UP_MS} ms`)),
      );
    },
    async end() {
      if (hasEnded(child)) return;
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
    async stop() {
      if (hasEnded(child)) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** What a child process answers, by name. */
export type Answers = Readonly<Record<string, (argument: unknown) => unknown>>;

/** The child's side: answers calls until the parent is gone. */
export function answerCalls(answers: Answers): void {
  process.on('message', (message) => {
    const { id, name, argument } = callSchema.parse(message);
    const answer = answers[name];
    void Promise.resolve()
      .then(() => {
        if (answer === undefined) throw new Error(`no such call: ${name}`);
        return answer(argument);
      })
      .then(
        (value) => process.send?.({ id, value }),
        (error: unknown) => process.send?.({ id, error: error instanceof Error ? error.message : String(error) }),
      );
  });
  process.once('disconnect', () => process.exit());
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
