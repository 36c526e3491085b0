import { FleetError } from '@sluice/shared/errors/fleetError';
import { newId } from '@sluice/shared/ids/ids';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { describe, expect, it } from 'vitest';
import type { Database } from '../postgres/connect.js';
import type { Ledger } from '../postgres/ledger.js';
import type { NewJob } from '../postgres/queries/insertJobs.js';
import type { LanedJob } from '../queue/add/jobOptions.js';
import type { AcceptorDeps } from './acceptor.js';
import { createAcceptor } from './acceptor.js';
import { createBatchOrder } from './batchOrder.js';
import type { PreparedJob } from './prepareJob.js';

/** Stores that record what they receive: the ledger accepts every id once. */
function stores() {
  const committed: string[] = [];
  const added: string[] = [];
  const query = async ({ name, values }: { readonly name: string; readonly values: readonly string[] }) => {
    if (name !== 'insert_jobs' && name !== 'find_known_jobs') return { rows: [] };
    const rows = JSON.parse(values[0] ?? '[]') as NewJob[];
    if (name === 'find_known_jobs') return { rows: rows.map(({ id }) => ({ asked: id, found: id, known: true })) };
    const fresh = rows.filter(({ id }) => !committed.includes(id));
    committed.push(...fresh.map(({ id }) => id));
    return { rows: fresh };
  };
  const ledger: Ledger = (ask) => ask({ $client: { query } } as unknown as Database);
  const addOne = async ({ job }: LanedJob) => {
    added.push(job.id);
    return { kind: 'added' } as const;
  };
  const deps: AcceptorDeps = {
    ledger,
    lanes: { addOne, add: (jobs) => Promise.all(jobs.map(addOne)) },
    callAdd: (add) => add(),
    publishTouched: async () => undefined,
    feed: { publish: () => undefined },
    log: createLogger('test', { level: 'silent' }),
  };
  return { deps, committed, added };
}

function newJob(task: string): PreparedJob {
  const id = newId();
  const row = { id, tenantId: 'acme', task, queueClass: 'default', durability: 'ledger', dedupeKey: null } as NewJob;
  const job = { id, task, data: {}, queuePriority: 1, maxAttempts: 1, delayMs: 0 };
  return { row, bytes: 2, lane: { tenantId: 'acme', queueClass: 'default' }, job };
}

describe('createAcceptor', () => {
  it('writes nothing of a job that its task does not admit, and lets those behind it in their batch pass', async () => {
    const { deps, committed, added } = stores();
    const admit = async (): Promise<void> => {
      throw new FleetError('forbidden', 'not yours');
    };
    const acceptor = createAcceptor(deps, { hooksOf: (task) => (task === 'guarded' ? { admit } : {}) });
    const nextTicket = createBatchOrder();
    const [guarded, free] = [newJob('guarded'), newJob('free')];
    const refused = acceptor.accept(guarded, nextTicket());
    const accepted = acceptor.accept(free, nextTicket());
    await expect(refused).rejects.toMatchObject({ code: 'forbidden' });
    expect(await accepted).toMatchObject({ kind: 'new', state: 'queued' });
    expect([committed, added]).toEqual([[free.row.id], [free.row.id]]);
    await acceptor.stop(AbortSignal.abort());
  });

  it('resolves the hooks of a task once, and reports each accepted job once', async () => {
    const { deps } = stores();
    const resolved: string[] = [];
    const accepted: string[] = [];
    const hooksOf = (task: string) => {
      resolved.push(task);
      return { onAccepted: ({ id }: NewJob) => accepted.push(id) };
    };
    const acceptor = createAcceptor(deps, { hooksOf });
    const jobs = [newJob('one'), newJob('one'), newJob('two')];
    for (const job of [...jobs, ...jobs]) await acceptor.accept(job);
    expect(resolved).toEqual(['one', 'two']);
    expect(accepted).toEqual(jobs.map(({ row }) => row.id));
    await acceptor.stop(AbortSignal.abort());
  });

  it('accepts a committed job whose add fails, and reports it with the cause', async () => {
    const { deps, committed } = stores();
    const cause = new FleetError('unavailable', 'Redis is down');
    const reported: unknown[] = [];
    const callAdd = () => Promise.reject(cause);
    const acceptor = createAcceptor({ ...deps, callAdd }, { onUnqueued: (...unqueued) => reported.push(unqueued) });
    const job = newJob('one');
    expect(await acceptor.accept(job)).toMatchObject({ kind: 'new', state: 'accepted' });
    expect([committed, reported]).toEqual([[job.row.id], [[job.row.id, cause]]]);
    await acceptor.stop(AbortSignal.abort());
  });

  it('refuses jobs beyond its memory limits while the ledger is slow', async () => {
    const { deps } = stores();
    let answer = (): void => undefined;
    const slow = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const ledger: Ledger = (ask) => slow.then(() => deps.ledger(ask));
    const limits = { commits: { items: 1, bytes: 1_000 } };
    const acceptor = createAcceptor({ ...deps, ledger }, { limits });
    const first = acceptor.accept(newJob('one'));
    await expect(acceptor.accept(newJob('one'))).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
    answer();
    expect(await first).toMatchObject({ kind: 'new' });
    await acceptor.stop(AbortSignal.abort());
  });
});
