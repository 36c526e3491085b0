import { spawnSync } from 'node:child_process';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { mastersOf } from '@sluice/fleet/redis/client';
import { readFleetTable } from '@sluice/fleet/redis/commands/fleetTable';
import { readLeader } from '@sluice/fleet/redis/commands/processes';
import { newId } from '@sluice/shared/ids/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetProcess } from '../../support/fleetProcess.js';
import { startFleetProcess } from '../../support/fleetProcess.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { until } from '../../support/until.js';

describe('a scaler with --dry-run', () => {
  let space: FleetSpace;
  const processes: FleetProcess[] = [];
  beforeAll(async () => {
    space = await openFleetSpace();
    const queues = createLaneQueues(space.redis.client, space.keys);
    const lane = { tenantId: 'busy', queueClass: 'default' } as const;
    const job = { task: 'system.probe', data: {}, queuePriority: 9, maxAttempts: 1, delayMs: 0 };
    await queues.add(Array.from({ length: 60 }, () => ({ lane, job: { ...job, id: newId() } })));
    await queues.close();
  });
  afterAll(async () => {
    await Promise.all(processes.map((one) => one.stop()));
    await space.close();
  });

  async function start(...options: readonly string[]): Promise<FleetProcess> {
    const environment = { ...space.environment, SCALER_INTERVAL_MS: '200' };
    const started = await startFleetProcess('scaler', environment, undefined, options);
    processes.push(started);
    return started;
  }

  /** Every key with what it holds, and how many decisions the ledger has. */
  async function everything(): Promise<unknown> {
    const keys: string[] = [];
    for (const master of mastersOf(space.redis.client)) {
      for await (const some of master.scanStream({ match: `*${space.prefix}:*` })) keys.push(...some);
    }
    const dumps = await Promise.all(keys.sort().map((key) => space.redis.client.dump(key)));
    const { rows } = await space.postgres.db.$client.query('SELECT count(*)::int AS decisions FROM scaling_decisions');
    return { keys, dumps, rows };
  }

  function decided(scaler: FleetProcess): readonly Record<string, unknown>[] {
    return scaler.lines.filter(({ event }) => event === 'decision_not_applied');
  }

  it('says what it would decide and why, and writes nothing', async () => {
    const before = await everything();
    const scaler = await start('--dry-run');
    await until('it decided three times', () => decided(scaler).length >= 3);
    expect(decided(scaler)[0]).toMatchObject({
      tenantId: 'busy',
      waiting: 60,
      kind: 'set',
      change: 'first',
      desired: 5,
      policy: 'queue-length',
      reason: '60 waiting, 0 active, 10 per worker: 6 wanted, 1 to 5 allowed',
    });
    expect(await everything()).toEqual(before);
    expect(await readLeader(space.redis.client, space.keys)).toBeNull();
  });

  it('leaves the lead to a scaler that acts', async () => {
    const real = await start();
    await until('the real one leads', () => real.lines.some(({ event }) => event === 'leadership_gained'));
    await until('and acts', async () => {
      return (await readFleetTable(space.redis.client, space.keys)).desired.get('busy') === 5;
    });
  });

  it('explains itself, and refuses what it does not know', () => {
    const run = (argument: string) =>
      spawnSync(process.execPath, ['apps/scaler/dist/main.js', argument], { encoding: 'utf8', env: {} });
    expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--dry-run') });
    expect(run('--dryrun')).toMatchObject({ status: 2, stderr: expect.stringContaining('--dryrun is not an option') });
  });
});
