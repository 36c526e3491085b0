import type { FinishedJob } from '../answers.js';
import type { JobEvent } from '../events.js';
import { JOB_EVENTS } from '../events.js';
import { pauseFor, startDeadline } from '../http/deadline.js';
import type { Transport } from '../http/transport.js';
import { SluiceError, SluiceJobError } from '../sluiceError.js';
import { readEvents } from './events.js';

/** How to wait for a job. */
export interface WaitOptions {
  /** Called with each event, one after the other; what it throws ends the wait and is thrown. The job goes on. */
  readonly onEvent?: ((event: JobEvent) => void | Promise<void>) | undefined;
  /** Ends the wait with the signal's reason. The job goes on: cancel it with `jobs.cancel`. */
  readonly signal?: AbortSignal | undefined;
  /** Longest wait, in ms; without limit by default. */
  readonly maxWaitMs?: number | undefined;
}

/** How a job ended. */
type JobEnd = Pick<FinishedJob, 'id' | 'state' | 'result' | 'error'>;

/** A stream that fails this often in a row gives way to the long poll. */
const MAX_STREAM_FAILURES = 3;

/** Longest that one request waits for the result, in ms; the server allows 30,000. */
const POLL_MS = 25_000;

/** Pause between polls that the server answers early, in ms. */
const POLL_PAUSE_MS = 500;

/** Refusals that the long poll would meet, too. */
const REFUSED_FOR_GOOD = new Set([401, 403, 404, 410]);

/**
 * Waits until a job is over: by its events, or by asking again and again where streams are refused.
 * @returns its result
 * @throws SluiceJobError when it did not complete, not in time, or when the server cannot be asked
 */
export async function waitForJob(transport: Transport, id: string, options: WaitOptions): Promise<unknown> {
  const deadline = startDeadline(transport.runtime, options.maxWaitMs ?? null, options.signal);
  try {
    const { signal } = deadline;
    const end = (await followToEnd(transport, id, { ...options, signal })) ?? (await pollForEnd(transport, id, signal));
    return resultOf(end);
  } catch (error) {
    if (!deadline.isExpired()) throw error;
    const detail = `Job ${id} was not over within ${options.maxWaitMs} ms.`;
    throw new SluiceJobError({ id, state: null }, { status: null, code: 'timeout', detail });
  } finally {
    deadline.clear();
  }
}

/** @returns null when events cannot be had */
async function followToEnd(transport: Transport, id: string, { onEvent, signal }: WaitOptions): Promise<JobEnd | null> {
  const followed = { path: jobPath(id, '/events'), signal, maxFailures: MAX_STREAM_FAILURES };
  const events = readEvents<JobEvent>(transport, followed, JOB_EVENTS);
  try {
    for (;;) {
      const event = await nextEvent(events, id);
      if (event === null) return null;
      await onEvent?.(event);
      if (event.type === 'done') return event.data;
    }
  } finally {
    await events.return();
  }
}

async function nextEvent(events: AsyncGenerator<JobEvent, void>, id: string): Promise<JobEvent | null> {
  try {
    const { done, value } = await events.next();
    return done === true ? null : value;
  } catch (error) {
    if (error instanceof SluiceError && !REFUSED_FOR_GOOD.has(error.status ?? 0)) return null;
    throw nameJob(id, error);
  }
}

async function pollForEnd(transport: Transport, id: string, signal: AbortSignal | undefined): Promise<JobEnd> {
  const { runtime } = transport;
  for (;;) {
    const startMs = runtime.now();
    const end = await readResult(transport, id, { waitMs: POLL_MS, signal }).catch((error: unknown) => {
      throw nameJob(id, error);
    });
    if (end !== null) return end;
    if (runtime.now() - startMs < POLL_PAUSE_MS) await pauseFor(runtime, POLL_PAUSE_MS, signal);
  }
}

/** Whoever waited by `run` does not know the job's id yet, and the job goes on. */
function nameJob(id: string, error: unknown): unknown {
  return error instanceof SluiceError ? new SluiceJobError({ id, state: null }, { ...error, cause: error }) : error;
}

/** Asks for a job's end; null while it is not over. @param options.waitMs how long the server may wait for it */
export async function readResult(
  transport: Transport,
  id: string,
  { waitMs = 0, signal }: { readonly waitMs?: number | undefined; readonly signal?: AbortSignal | undefined },
): Promise<FinishedJob | null> {
  const answer = await transport.call<FinishedJob | { readonly id: string }>({
    method: 'GET',
    path: jobPath(id, '/result'),
    query: { waitMs },
    serverWaitMs: waitMs,
    signal,
  });
  return 'result' in answer ? answer : null;
}

function resultOf({ id, state, result, error }: JobEnd): unknown {
  if (state === 'completed') return result;
  const code = error?.code ?? `job_${state}`;
  throw new SluiceJobError({ id, state }, { status: null, code, detail: error?.message ?? `Job ${id} is ${state}.` });
}

/** Path of a job. */
export function jobPath(id: string, below = ''): string {
  return `/api/v1/jobs/${encodeURIComponent(id)}${below}`;
}
