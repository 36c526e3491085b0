import type { ChildProcess, Serializable } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Receipts } from './receiver.js';

/** The receiver in a process of its own. */
export interface ReceiverProcess {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  receipts(): Promise<Receipts>;
  stop(): Promise<void>;
}

/**
 * Starts the receiver.
 * @param secrets `whsec_...` by tenant
 * @param seed of its moods
 */
export async function startReceiver(secrets: Readonly<Record<string, string>>, seed: number): Promise<ReceiverProcess> {
  const child = fork(fileURLToPath(new URL('./receiverMain.js', import.meta.url)), { execArgv: [] });
  return {
    url: String(await ask(child, { ask: 'listen', secrets, seed })),
    receipts: async () => (await ask(child, { ask: 'receipts' })) as Receipts,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

/** One question at a time: the next message is its answer. */
async function ask(child: ChildProcess, question: Serializable): Promise<unknown> {
  const answered = new AbortController();
  const { signal } = answered;
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error('the receiver ended');
  });
  const answer = once(child, 'message', { signal });
  child.send(question);
  try {
    const [message] = await Promise.race([answer, ended]);
    return message;
  } finally {
    ended.catch(() => undefined);
    answer.catch(() => undefined);
    answered.abort();
  }
}
