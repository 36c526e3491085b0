import type { PostgresService } from '@sluice/fleet/postgres/connect';
import { createPostgres } from '@sluice/fleet/postgres/connect';
import { claimJobs } from '@sluice/fleet/postgres/queries/claimJobs';
import { insertJobs } from '@sluice/fleet/postgres/queries/insertJobs';
import { newId } from '@sluice/shared/ids/ids';
import { createLogger } from '@sluice/shared/telemetry/logger';
import type { EffectTransaction, JobContext } from '@sluice/tasks';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AttemptStop } from '../../../apps/worker/src/attempt/attemptStop.js';
import { createAttemptStop } from '../../../apps/worker/src/attempt/attemptStop.js';
import { createEffects } from '../../../apps/worker/src/execute/effects.js';
import type { CuttingProxy } from '../../support/cuttingProxy.js';
import { openCuttingProxy } from '../../support/cuttingProxy.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { newJob } from '../../support/newJob.js';
import { until } from '../../support/until.js';

const log = createLogger('test', { level: 'silent' });
let space: FleetSpace;
let proxy: CuttingProxy;
let effectsPool: PostgresService;
beforeAll(async () => {
  space = await openFleetSpace();
  // What effects are done to: nothing here keeps one from being done twice.
  await space.postgres.db.$client.query('CREATE TABLE sink (job_id uuid NOT NULL, note text)');
});
afterAll(() => space.close());
beforeEach(async () => {
  proxy = await openCuttingProxy(space.environment.DATABASE_URL ?? '');
  const limits = { poolSize: 2, statementTimeoutMs: 10_000, idleInTransactionMs: 10_000 };
  effectsPool = createPostgres({ url: proxy.url, schema: space.prefix, ...limits }, log);
  await effectsPool.ping();
});
afterEach(async () => {
  await effectsPool.stop(AbortSignal.timeout(1_000));
  proxy.close();
});

async function newJobId(): Promise<string> {
  const job = newJob({ id: newId() });
  await insertJobs(space.postgres.db, [job]);
  return job.id;
}

/** Starts an attempt of a job, as a claim does, and gives its `once`. */
async function startAttempt(id: string, stop: AttemptStop = createAttemptStop()): Promise<JobContext['once']> {
  const [claimed] = await claimJobs(space.postgres.db, [{ id, tenantId: 'acme', workerId: newId() }]);
  return createEffects({ db: effectsPool.db, log }).of({ jobId: id, fence: claimed?.fence ?? 0 }, stop);
}

/** Notes the effect in the sink by a transaction of its own. */
const sinkOutside = (id: string) => async () => {
  await space.postgres.db.$client.query('INSERT INTO sink (job_id) VALUES ($1)', [id]);
  return { done: id };
};

const sinkInside = (id: string) => ({
  tx: async ({ query }: EffectTransaction) => {
    await query('INSERT INTO sink (job_id) VALUES ($1)', [id]);
    return { done: id };
  },
});

async function countSunk(id: string): Promise<number> {
  const { rows } = await space.postgres.db.$client.query('SELECT 1 FROM sink WHERE job_id = $1', [id]);
  return rows.length;
}

async function remembered(id: string): Promise<unknown[]> {
  const { rows } = await space.postgres.db.$client.query('SELECT result FROM effects WHERE job_id = $1', [id]);
  return rows.map(({ result }) => result);
}

describe('an effect of either form', () => {
  it.each(['outside', 'inside'] as const)(
    'done %s the ledger is done once, and answered alike ever after',
    async (where) => {
      const id = await newJobId();
      const given = { z: new Date(0), a: [undefined, 1.5], gone: undefined };
      const kept = { z: '1970-01-01T00:00:00.000Z', a: [null, 1.5] };
      let runs = 0;
      const give = async () => {
        runs++;
        return given;
      };
      for (const _attempt of [1, 2]) {
        const once = await startAttempt(id);
        for (const _call of [1, 2]) {
          expect(await once('pay', where === 'inside' ? { tx: give } : give)).toEqual(kept);
        }
      }
      expect(runs).toBe(1);
      expect(await remembered(id)).toEqual([kept]);
    },
  );

  it('is run once per key however many ask at once', async () => {
    const calls = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), inside: fc.boolean() }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(calls, async (asked) => {
        const id = await newJobId();
        const once = await startAttempt(id);
        const runs = new Map<string, number>();
        const answers = await Promise.all(
          asked.map(({ key, inside }) => {
            const effect = async () => {
              runs.set(key, (runs.get(key) ?? 0) + 1);
              return key;
            };
            return once(key, inside ? { tx: effect } : effect);
          }),
        );
        expect(answers).toEqual(asked.map(({ key }) => key));
        expect([...runs.values()].every((count) => count === 1)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('that fails is not remembered, and may be tried again', async () => {
    const id = await newJobId();
    const once = await startAttempt(id);
    const fail = () => Promise.reject(new Error('no'));
    await expect(once('pay', fail)).rejects.toThrow('no');
    await expect(once('pay', { tx: fail })).rejects.toThrow('no');
    expect(await remembered(id)).toEqual([]);
    expect(await once('pay', sinkInside(id))).toEqual({ done: id });
  });

  it('that gives nothing is remembered as well', async () => {
    const id = await newJobId();
    expect(await (await startAttempt(id))('pay', async () => undefined)).toBeNull();
    expect(await (await startAttempt(id))('pay', sinkOutside(id))).toBeNull();
    expect(await countSunk(id)).toBe(0);
  });

  it('needs a key that can be kept, and an answer that can be, or it is not tried again', async () => {
    const id = await newJobId();
    const once = await startAttempt(id);
    const permanent = { code: 'invalid_request' };
    for (const key of ['', 'x'.repeat(201), 'a\0b', '\ud800']) {
      await expect(once(key, async () => 1)).rejects.toMatchObject(permanent);
    }
    await expect(once('k', async () => 1n)).rejects.toMatchObject(permanent);
    const huge = async () => 'x'.repeat(300_000);
    await expect(once('k', huge)).rejects.toMatchObject({ code: 'payload_too_large' });
    await expect(once('k', { tx: huge })).rejects.toMatchObject({ code: 'payload_too_large' });
    expect(await once('x'.repeat(200), async () => 1)).toBe(1);
  });

  it('gets a text that is the same in every attempt, and no other key has', async () => {
    const id = await newJobId();
    const texts: string[] = [];
    for (const _attempt of [1, 2]) {
      const once = await startAttempt(id);
      const note = async (text: string) => {
        texts.push(text);
        throw new Error('again');
      };
      await expect(once('pay', note)).rejects.toThrow();
    }
    expect(texts).toEqual([`${id}:pay`, `${id}:pay`]);
  });
});

describe('a zombie', () => {
  it('is refused before its effect, in either form', async () => {
    const id = await newJobId();
    const zombie = await startAttempt(id);
    await startAttempt(id);
    await expect(zombie('pay', sinkOutside(id))).rejects.toMatchObject({ code: 'attempt_lost' });
    await expect(zombie('pay', sinkInside(id))).rejects.toMatchObject({ code: 'attempt_lost' });
    expect(await countSunk(id)).toBe(0);
  });

  it('whose job was taken while its effect ran is not remembered, and its heir runs the effect itself', async () => {
    const id = await newJobId();
    const zombie = await startAttempt(id);
    const late = zombie('pay', async () => {
      await startAttempt(id);
      return 'zombie';
    });
    await expect(late).rejects.toMatchObject({ code: 'attempt_lost' });
    expect(await (await startAttempt(id))('pay', async () => 'heir')).toBe('heir');
  });

  it('cannot become one within a transaction: the claim waits for its end', async () => {
    const id = await newJobId();
    const once = await startAttempt(id);
    let claimed = false;
    const claims: Promise<JobContext['once']>[] = [];
    await once('pay', {
      tx: async ({ query }) => {
        claims.push(
          startAttempt(id).finally(() => {
            claimed = true;
          }),
        );
        await until('the claim waits for the lock', async () => {
          const { rows } = await space.postgres.db.$client.query(
            "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'",
          );
          return rows.length > 0;
        });
        expect(claimed).toBe(false);
        await query('INSERT INTO sink (job_id) VALUES ($1)', [id]);
        return 'first';
      },
    });
    const [heir] = await Promise.all(claims);
    expect(await heir?.('pay', sinkInside(id))).toBe('first');
    expect(await countSunk(id)).toBe(1);
  });
});

describe('a transaction', () => {
  it('that throws, or whose statement fails, leaves nothing behind', async () => {
    const id = await newJobId();
    const once = await startAttempt(id);
    const { tx } = sinkInside(id);
    const throws = {
      tx: async (transaction: EffectTransaction) => {
        await tx(transaction);
        throw new Error('after all');
      },
    };
    await expect(once('pay', throws)).rejects.toThrow('after all');
    const fails = {
      tx: async (transaction: EffectTransaction) => {
        await tx(transaction);
        await transaction.query('SELECT 1 / 0').catch(() => undefined);
      },
    };
    await expect(once('pay', fails)).rejects.toThrow(/aborted/);
    expect(await countSunk(id)).toBe(0);
    expect(await remembered(id)).toEqual([]);
  });

  it('whose attempt is told to stop ends at once, with nothing done, however long its effect goes on', async () => {
    const id = await newJobId();
    const stop = createAttemptStop();
    const once = await startAttempt(id, stop);
    const left: EffectTransaction[] = [];
    const call = once('pay', {
      tx: async (transaction) => {
        left.push(transaction);
        await sinkInside(id).tx(transaction);
        stop.stop('slot-lost');
        return new Promise(() => undefined);
      },
    });
    await expect(call).rejects.toBe('slot-lost');
    expect(await (await startAttempt(id))('pay', sinkInside(id))).toEqual({ done: id });
    expect(await countSunk(id)).toBe(1);
    await expect(left[0]?.query('SELECT 1')).rejects.toThrow();
  });

  it('is not ended by its effect, and not written to after its end', async () => {
    const id = await newJobId();
    const once = await startAttempt(id);
    for (const text of ['COMMIT', ' rollback', 'BEGIN', 'end', 'ROLLBACK; BEGIN', 'SELECT 1; COMMIT']) {
      await expect(once('pay', { tx: ({ query }) => query(text) }), text).rejects.toThrow();
    }
    const kept: EffectTransaction[] = [];
    await once('pay', {
      tx: async (transaction) => {
        await transaction.query('SAVEPOINT here');
        await transaction.query('ROLLBACK TO SAVEPOINT here');
        kept.push(transaction);
      },
    });
    await expect(kept[0]?.query('SELECT 1')).rejects.toThrow(/ended/);
  });

  it('whose connection is ended by the server leaves nothing behind', async () => {
    const id = await newJobId();
    const once = await startAttempt(id);
    const killed = once('pay', {
      tx: async (transaction) => {
        await sinkInside(id).tx(transaction);
        const [own] = await transaction.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        await space.postgres.db.$client.query('SELECT pg_terminate_backend($1)', [own?.pid]);
        return 'never';
      },
    });
    await expect(killed).rejects.toThrow();
    expect(await once('pay', sinkInside(id))).toEqual({ done: id });
    expect(await countSunk(id)).toBe(1);
  });
});

describe('a connection that is lost on the way', () => {
  // The steps of a transaction: begin, lock, look up, effect, memory, commit. Outside: look up, memory.
  const cases = [
    ...[0, 1, 2, 3, 4, 5].map((step) => ({ where: 'inside', step })),
    ...[0, 1].map((step) => ({ where: 'outside', step })),
  ].flatMap((at) => (['request', 'answer'] as const).map((what) => ({ ...at, what })));

  it.each(cases)(
    'with a step ($where $step, its $what) leaves an effect that is done and remembered, or neither',
    async (at) => {
      const id = await newJobId();
      const once = await startAttempt(id);
      const effect = at.where === 'inside' ? sinkInside(id) : sinkOutside(id);
      proxy.cut(at.what, at.step);
      const first = await once('pay', effect).then(
        () => 'done',
        () => 'failed',
      );
      expect(proxy.lost()).toBe(1);
      const [sunk, kept] = [await countSunk(id), (await remembered(id)).length];
      expect([sunk, kept]).toEqual(first === 'done' ? [1, 1] : [0, 0]);
      if (at.where === 'outside' || (at.step === 5 && at.what === 'answer')) expect(first).toBe('done');
      expect(await (await startAttempt(id))('pay', effect)).toEqual({ done: id });
      expect(await countSunk(id)).toBe(1);
    },
  );
});
