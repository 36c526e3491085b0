import { setTimeout as pause } from 'node:timers/promises';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { JobContext, TaskHandler } from '@sluice/tasks';
import type { FaultData } from '@sluice/tasks/internal';
import type { WebClient } from '../network/webClient.js';

/** Dependencies of fault jobs. */
export interface FaultParts {
  readonly web: WebClient;
  /** Ends the process at once. */
  readonly exit: () => void;
}

/** Exit code of a process ended by a fault job. */
export const FAULT_EXIT_CODE = 86;

/** Runs its effect, sleeps, and then injects the requested fault into the process. */
export function createFaultHandler(parts: FaultParts): TaskHandler<FaultData> {
  return async (data, context) => {
    await haveEffect(data, context, parts.web);
    await hold(data, context.signal);
    if (data.actTimes === undefined || context.attempt <= data.actTimes) await act(data.act, parts);
    return { attempt: context.attempt };
  };
}

const REMEMBER_ATTEMPT = 'INSERT INTO fault_effects (job_id, tenant_id, attempt) VALUES ($1, $2, $3)';

async function haveEffect({ effect, sinkUrl }: FaultData, context: JobContext, web: WebClient): Promise<void> {
  const { jobId, tenantId, attempt } = context;
  if (effect === 'tx') {
    await context.once('fault', { tx: (ledger) => ledger.query(REMEMBER_ATTEMPT, [jobId, tenantId, attempt]) });
  } else if (sinkUrl !== undefined) {
    const tell = (): Promise<void> => tellSink(web, sinkUrl, context);
    await (effect === 'once' ? context.once('fault', tell) : tell());
  }
}

async function tellSink(web: WebClient, url: string, { jobId, tenantId, attempt, signal }: JobContext): Promise<void> {
  const body = JSON.stringify({ jobId, tenantId, attempt });
  const headers = { 'content-type': 'application/json', 'idempotency-key': jobId };
  try {
    const { status } = await web.post({ url, headers, body, signal });
    if (status >= 200 && status < 300) return;
    throw new FleetError('upstream_failed', `The sink failed (status ${status})`);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    if (cause instanceof FleetError) throw cause;
    throw new FleetError('upstream_failed', 'The sink could not be reached', { cause });
  }
}

async function hold({ holdMs, heedsSignal }: FaultData, signal: AbortSignal): Promise<void> {
  if (heedsSignal) signal.throwIfAborted();
  if (holdMs === 0) return;
  try {
    await pause(holdMs, undefined, heedsSignal ? { signal } : {});
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

async function act(what: FaultData['act'], { exit }: FaultParts): Promise<void> {
  switch (what) {
    case 'none':
      return;
    case 'throw':
      throw new FleetError('attempt_failed', 'The fault job was told to fail');
    case 'uncaught':
      await throwOutside();
      return;
    case 'exit':
      exit();
      return;
    case 'memory':
      fillMemory();
      return;
    case 'block':
      for (;;);
  }
}

/** Throws outside the attempt's promises, as a forgotten callback would. */
function throwOutside(): Promise<never> {
  return new Promise(() => {
    setImmediate(() => {
      throw new Error('the fault job was told to throw outside of its attempt');
    });
  });
}

/** Fills the V8 heap, which the limit applies to: numbers that are not small integers take eight bytes each. */
function fillMemory(): void {
  const hoard: number[][] = [];
  for (;;) hoard.push(new Array(100_000).fill(hoard.length + 0.5));
}
