import type { Database } from '@sluice/fleet/postgres/connect';
import type { EffectKey } from '@sluice/fleet/postgres/queries/effects';
import { findEffect, rememberEffect } from '@sluice/fleet/postgres/queries/effects';
import { isDataRefusal } from '@sluice/fleet/postgres/sqlState';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { Effect, JobContext } from '@sluice/tasks';
import type { AttemptStop } from '../attempt/attemptStop.js';
import { untilWritten } from '../ledger/untilWritten.js';
import type { EffectCall, EffectParts } from './effectCall.js';
import { attemptLost, toEffectResult } from './effectCall.js';
import { runInTransaction } from './effectTransaction.js';

/** Effects that attempts run once. */
export interface Effects {
  /** Creates `once` for an attempt, identified by its job and fence. */
  of(attempt: Omit<EffectKey, 'key'>, stop: AttemptStop): JobContext['once'];
}

/** Maximum length of an effect's key, in characters. */
const LONGEST_KEY = 200;

/** Creates effects whose results are stored in the ledger. */
export function createEffects(parts: EffectParts): Effects {
  return {
    of(attempt, stop) {
      let known: Map<string, Promise<unknown>> | null = null;
      return async <T>(key: string, effect: Effect<T>): Promise<T> => {
        assertKey(key);
        known ??= new Map();
        const runs = known;
        const run = runs.get(key) ?? runOnce({ ...attempt, key, stop }, effect, parts);
        runs.set(key, run);
        try {
          return (await run) as T;
        } catch (error) {
          // A failed effect may be retried within the same attempt.
          if (runs.get(key) === run) runs.delete(key);
          throw error;
        }
      };
    },
  };
}

function assertKey(key: string): void {
  const fits = key.length >= 1 && key.length <= LONGEST_KEY && key.isWellFormed() && !key.includes('\0');
  if (!fits)
    throw new FleetError('invalid_request', `an effect's key has 1 to ${LONGEST_KEY} characters, none of them NUL`);
}

async function runOnce(call: EffectCall, effect: Effect<unknown>, parts: EffectParts): Promise<unknown> {
  if (call.stop.reason !== null) throw call.stop.signal.reason;
  if (typeof effect !== 'function') return runInTransaction(call, effect.tx, parts);
  const found = await untilWritten(
    'look for an effect',
    () => findEffect(parts.db.$client, call),
    parts.log,
    call.stop,
  );
  if (found.kind === 'lost') throw attemptLost(call);
  if (found.kind === 'done') return found.result;
  if (call.stop.reason !== null) throw call.stop.signal.reason;
  const result = toEffectResult(await effect(`${call.jobId}:${call.key}`));
  // The effect is done: recording it is tried at least once, even if the attempt was stopped meanwhile.
  return untilWritten('remember an effect', () => remember(call, result, parts.db), parts.log, call.stop).then(unwrap);
}

type Remembered = { readonly result: unknown } | { readonly error: unknown };

/** Retrying is pointless when the ledger rejects the input or another attempt owns the job. */
async function remember(call: EffectCall, result: unknown, db: Database): Promise<Remembered> {
  try {
    const written = await rememberEffect(db.$client, call, result);
    if (written !== null) return written;
  } catch (error) {
    if (isDataRefusal(error)) return { error };
    throw error;
  }
  // An earlier try of this write may have been committed and its reply lost.
  const found = await findEffect(db.$client, call);
  return found.kind === 'done' ? found : { error: attemptLost(call) };
}

function unwrap(remembered: Remembered): unknown {
  if ('error' in remembered) throw remembered.error;
  return remembered.result;
}
