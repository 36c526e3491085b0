import pg from 'pg';
import type { Strike } from './scene.js';

const restart: Strike = {
  name: 'postgres-kill',
  summary: 'SIGKILL of PostgreSQL, and a restart on its data',
  async strike({ stand, lasts }) {
    await stand.postgres.kill();
    await lasts(2_000);
    await stand.postgres.start();
  },
};

const paused: Strike = {
  name: 'postgres-pause',
  summary: 'SIGSTOP of all of PostgreSQL, then SIGCONT',
  async strike({ stand, standstillMs, lasts }) {
    await stand.postgres.signal('SIGSTOP');
    await lasts(standstillMs);
    await stand.postgres.signal('SIGCONT');
  },
};

const exhausted: Strike = {
  name: 'postgres-exhausted',
  summary: 'All connections of PostgreSQL are taken by others, and those of the fleet are ended',
  async strike(scene) {
    const taken = await takeConnections(scene.stand.postgres.url);
    const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sluice'`;
    await taken[0]?.query(end).catch(() => undefined);
    taken.push(...(await takeConnections(scene.stand.postgres.url)));
    await scene.lasts(5_000);
    await Promise.all(taken.map((client) => client.end().catch(() => undefined)));
  },
};

const broken: Strike = {
  name: 'postgres-breaks',
  summary: 'Every connection of the fleet to PostgreSQL is ended, again and again',
  async strike({ stand, lasts }) {
    for (let times = 0; times < 10; times++) {
      await stand.ledger.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sluice' AND pid <> pg_backend_pid()`,
      );
      await lasts(300);
    }
  },
};

/** Opens connections until the server accepts no more. */
async function takeConnections(url: string): Promise<pg.Client[]> {
  const taken: pg.Client[] = [];
  for (;;) {
    const batch = await Promise.all(Array.from({ length: 20 }, () => connect(url)));
    taken.push(...batch.filter((client) => client !== null));
    if (batch.includes(null)) return taken;
  }
}

async function connect(url: string): Promise<pg.Client | null> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch {
    return null;
  }
}

/** PostgreSQL faults. */
export const POSTGRES_STRIKES: readonly Strike[] = [restart, paused, exhausted, broken];
