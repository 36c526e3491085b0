import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One test file's own PostgreSQL, on loopback, with fsync on. */
export interface PostgresServer {
  /** Unchanged by a restart. */
  readonly url: string;
  /** Sends a signal to all of its processes at once, as if its machine failed. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Kills it immediately and resolves when it has ended; committed data is kept. */
  kill(): Promise<void>;
  /** Starts it again on its data; resolves when it accepts connections. */
  start(): Promise<void>;
  /** Stops it and removes its data; safe when it has already ended. */
  stop(): Promise<void>;
}

interface Server {
  readonly url: string;
  readonly pid?: number;
  stop(): Promise<void>;
}

interface Place {
  readonly dir: string;
  readonly throwaway: boolean;
  readonly port?: number;
}

/** This file runs as test/support/postgresServer.ts and as test/dist/support/postgresServer.js. */
const REPOSITORY = import.meta.url.replace(/test\/(?:dist\/)?support\/[^/]*$/, '');

/**
 * Starts the same PostgreSQL as `npm test`, on its own data.
 * @throws Error when PostgreSQL is not available on this machine
 */
export async function startPostgresServer(): Promise<PostgresServer> {
  const home = await mkdtemp(join(tmpdir(), 'sluice-postgres-'));
  // PostgreSQL does not run as root, and the account that it runs under must be able to traverse this folder.
  await chmod(home, 0o711);
  const startOn = await findPostgres(home);
  let place: Place = { dir: join(home, 'postgres'), throwaway: false };
  let server = await startOn(place);
  const { url } = server;
  place = { ...place, port: Number(new URL(url).port) };
  async function signal(name: NodeJS.Signals): Promise<void> {
    if (server.pid === undefined) throw new Error('this PostgreSQL has no process here');
    // The postmaster first: it would restart when it sees a child die.
    for (const pid of [server.pid, ...(await childrenOf(server.pid))]) send(pid, name);
  }
  return {
    url,
    signal,
    async kill() {
      await signal('SIGKILL');
      await server.stop();
    },
    async start() {
      server = await startOn(place);
    },
    async stop() {
      // A stopped process handles no other signal.
      await signal('SIGCONT');
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function findPostgres(home: string): Promise<(place: Place) => Promise<Server>> {
  const { resolvePostgres } = await local<{
    resolvePostgres(context: unknown): Promise<{ start(place: Place): Promise<Server> }>;
  }>('postgres.mjs');
  const { createReport } = await local<{ createReport(): unknown }>('report.mjs');
  const { DATABASE_URL: _shared, ...env } = process.env;
  const found = await resolvePostgres({ env, home, repository: fileURLToPath(REPOSITORY), report: createReport() });
  return (place) => found.start(place);
}

/** The child processes of a process, from `/proc`. */
async function childrenOf(parent: number): Promise<number[]> {
  const children: number[] = [];
  for (const entry of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    // The name, in parentheses, may contain anything; state and parent follow it.
    if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent) children.push(Number(entry));
  }
  return children;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // The process ended meanwhile.
  }
}

async function local<Module>(name: string): Promise<Module> {
  return (await import(new URL(`deploy/local/${name}`, REPOSITORY).href)) as Module;
}
