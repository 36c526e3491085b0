import type { Connection, Statement } from '@sluice/fleet/postgres/connect';
import { findEffect, lockJob, rememberEffect } from '@sluice/fleet/postgres/queries/effects';
import { rollBack } from '@sluice/fleet/postgres/rollBack';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { EffectTransaction } from '@sluice/tasks';
import type { AttemptStop } from '../attempt/attemptStop.js';
import { untilWritten } from '../ledger/untilWritten.js';
import type { EffectCall, EffectParts } from './effectCall.js';
import { attemptLost, toEffectResult } from './effectCall.js';

/** How a transaction ended. */
type Ended =
  | { readonly kind: 'committed'; readonly result: unknown }
  /** The reply to COMMIT was lost: the transaction may have been committed. */
  | { readonly kind: 'unknown'; readonly error: unknown };

/** Statements that would end the transaction that Sluice manages. `ROLLBACK TO` a savepoint does not. */
const ENDS_TRANSACTION =
  /^\s*(begin|start|commit|end|abort|prepare\s+transaction|rollback(?!\s+(work\s+|transaction\s+)?to))\b/i;

/**
 * Runs an effect and records its result in one transaction, which begins by locking the job's row: a claim by another
 * attempt waits for it to end, and an earlier claim is detected. Stopping the attempt ends the transaction at once.
 */
export async function runInTransaction(
  call: EffectCall,
  effect: (transaction: EffectTransaction) => Promise<unknown>,
  { db, log }: EffectParts,
): Promise<unknown> {
  const client = await untilWritten('begin an effect', () => db.$client.connect(), log, call.stop);
  // Between statements a lost connection emits an `error` event, which would end the process without a listener.
  const ignore = (): void => undefined;
  client.on('error', ignore);
  let keep = false;
  let ended: Ended;
  try {
    ended = await Promise.race([carryOut(client, call, effect), stopped(call.stop)]);
    keep = ended.kind === 'committed';
  } catch (error) {
    keep = call.stop.reason === null && (await rollBack(client));
    throw error;
  } finally {
    client.off('error', ignore);
    // A connection that is not kept is closed, which ends its transaction.
    client.release(!keep);
  }
  return ended.kind === 'committed' ? ended.result : findOut(call, ended.error, { db, log });
}

async function carryOut(
  client: Connection,
  call: EffectCall,
  effect: (transaction: EffectTransaction) => Promise<unknown>,
): Promise<Ended> {
  await client.query('BEGIN');
  await lockJob(client, call.jobId);
  const found = await findEffect(client, call);
  if (found.kind === 'lost') throw attemptLost(call);
  if (found.kind === 'open') {
    const result = toEffectResult(await inside(client, effect));
    const written = await rememberEffect(client, call, result);
    if (written === null) throw attemptLost(call);
    return commit(client, written.result);
  }
  return commit(client, found.result);
}

/**
 * The transaction handle is invalidated when the effect ends: a leaked handle must not write into a later transaction.
 */
async function inside(
  client: Connection,
  effect: (transaction: EffectTransaction) => Promise<unknown>,
): Promise<unknown> {
  let open = true;
  try {
    return await effect({
      async query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
        if (!open) throw new FleetError('invalid_request', 'the transaction of this effect has ended');
        if (ENDS_TRANSACTION.test(text))
          throw new FleetError('invalid_request', 'an effect does not end its transaction');
        const { rows } = await client.query({ text, values: [...values], queryMode: 'extended' } as Statement);
        return rows as Row[];
      },
    });
  } finally {
    open = false;
  }
}

async function commit(client: Connection, result: unknown): Promise<Ended> {
  try {
    await client.query('COMMIT');
    return { kind: 'committed', result };
  } catch (error) {
    return { kind: 'unknown', error };
  }
}

function stopped(stop: AttemptStop): Promise<never> {
  return new Promise((_resolve, reject) => stop.onStop(() => reject(stop.signal.reason)));
}

/** The transaction held the job's row lock: once that is free, the transaction has committed or rolled back. */
async function findOut(call: EffectCall, cause: unknown, { db, log }: EffectParts): Promise<unknown> {
  const look = async () => {
    await lockJob(db.$client, call.jobId);
    return findEffect(db.$client, call);
  };
  const found = await untilWritten('look for an effect', look, log, call.stop);
  if (found.kind === 'done') return found.result;
  if (found.kind === 'lost') throw attemptLost(call);
  throw new FleetError('unavailable', 'the transaction of an effect did not come to its end', { cause });
}
