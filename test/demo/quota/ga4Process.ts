import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The local server that speaks GA4's protocol, in a process of its own. */
export interface Ga4Process {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the server; it refuses more than so many calls in each of its windows, as Google does. */
export async function startGa4Server(callsPerWindow: number, windowMs: number): Promise<Ga4Process> {
  const main = fileURLToPath(new URL('../ga4ServerMain.js', import.meta.url));
  const child = fork(main, ['0', String(callsPerWindow), String(windowMs)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error('the local GA4 server ended before it listened');
  });
  const [url] = (await Promise.race([once(child, 'message'), ended])) as [unknown];
  ended.catch(() => undefined);
  return {
    url: String(url),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
