import { setTimeout as pause } from 'node:timers/promises';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { JobContext } from '@sluice/tasks';
import type { ProbeData } from '@sluice/tasks/internal';

/** The result of a successful probe. */
export interface ProbeResult {
  readonly attempt: number;
  readonly sleptMs: number;
  readonly note: string | null;
}

/** Sleeps as long as requested, then fails if requested. Throws the signal's reason when that aborts. */
export async function runProbe(data: ProbeData, context: JobContext): Promise<ProbeResult> {
  // The signal is created on first access, which a probe that does not sleep avoids.
  if (data.sleepMs > 0) await sleep(data.sleepMs, context.signal);
  if (shallFail(data, context.attempt)) {
    if (data.fail === 'permanent') throw new FleetError('upstream_refused', 'The probe was told to fail for good');
    throw new FleetError('attempt_failed', 'The probe was told to fail');
  }
  return { attempt: context.attempt, sleptMs: data.sleepMs, note: data.note ?? null };
}

function shallFail(data: ProbeData, attempt: number): boolean {
  return data.fail !== 'never' && (data.failTimes === undefined || attempt <= data.failTimes);
}

async function sleep(sleepMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  try {
    await pause(sleepMs, undefined, { signal });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
