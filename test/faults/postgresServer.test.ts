import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresServer } from '../support/postgresServer.js';
import { startPostgresServer } from '../support/postgresServer.js';

describe('a PostgreSQL of a test file', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgresServer();
  });
  afterAll(() => server.stop());

  it('keeps what was committed, and its address, when it is killed and started again', async () => {
    await ask('CREATE TABLE kept AS SELECT 1 AS one');
    await server.kill();
    await expect(ask('SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
    await server.start();
    expect(await ask('SELECT one FROM kept')).toEqual([{ one: 1 }]);
  });

  it('answers nobody while it is stopped, and what it was asked when it goes on', async () => {
    const client = new pg.Client(server.url);
    await client.connect();
    await server.signal('SIGSTOP');
    const asked = client.query('SELECT 1 AS one').then(({ rows }) => rows);
    const first = await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 300, 'silence'))]);
    expect(first).toBe('silence');
    await server.signal('SIGCONT');
    expect(await asked).toEqual([{ one: 1 }]);
    await client.end();
  });

  async function ask(text: string): Promise<unknown[]> {
    const client = new pg.Client(server.url);
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }
});
