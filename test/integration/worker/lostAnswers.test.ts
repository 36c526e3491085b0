import type { PostgresService } from '@sluice/fleet/postgres/connect';
import { createPostgres } from '@sluice/fleet/postgres/connect';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CuttingProxy } from '../../support/cuttingProxy.js';
import { openCuttingProxy } from '../../support/cuttingProxy.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { until } from '../../support/until.js';
import type { TestLane } from './support.js';
import { openTestLane } from './support.js';

let space: FleetSpace;
let proxy: CuttingProxy;
let postgres: PostgresService;
let lane: TestLane | null = null;
beforeAll(async () => {
  space = await openFleetSpace();
});
afterAll(() => space.close());
beforeEach(async () => {
  proxy = await openCuttingProxy(space.environment.DATABASE_URL ?? '');
  const log = createLogger('test', { level: 'silent' });
  postgres = createPostgres({ url: proxy.url, schema: space.prefix, poolSize: 2 }, log);
  await postgres.ping();
});
afterEach(async () => {
  await lane?.close();
  await postgres.stop(AbortSignal.timeout(1_000));
  proxy.close();
});

describe('an answer of the ledger that is lost after its commit', () => {
  it('does not lose a job that is to be retried', async () => {
    lane = openTestLane(space, {
      tenantId: 'retry',
      db: postgres.db,
      async handler(_data, { attempt }) {
        if (attempt > 1) return null;
        proxy.cut('answer');
        throw new Error('again');
      },
    });
    const { attempts, job } = await lane.reaches(await lane.submit({ maxAttempts: 2 }), 'completed');
    expect(proxy.lost()).toBe(1);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'completed']);
    expect(job).toMatchObject({ failures: 1, crashes: 0 });
  });

  it('does not keep a dead job out of the dead-letter queue', async () => {
    lane = openTestLane(space, {
      tenantId: 'death',
      db: postgres.db,
      async handler() {
        proxy.cut('answer');
        throw new FleetError('upstream_refused', 'for good');
      },
    });
    const { deaths } = await lane.reaches(await lane.submit(), 'dead');
    expect(proxy.lost()).toBe(1);
    expect(deaths).toHaveLength(1);
    const { queues } = lane;
    await until('it is noted', async () => {
      const { waiting } = await queues.counts({ tenantId: 'death', queueClass: 'dead_letters' });
      return waiting === 1;
    });
  });

  it('does not make a claim look like a crash', async () => {
    let ran = 0;
    lane = openTestLane(space, {
      tenantId: 'claim',
      db: postgres.db,
      async handler() {
        ran++;
        return null;
      },
    });
    proxy.cut('answer');
    const { attempts, job } = await lane.reaches(await lane.submit(), 'completed');
    expect(proxy.lost()).toBe(1);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['released', 'completed']);
    expect(job.crashes).toBe(0);
    expect(ran).toBe(1);
  });
});
