import type { ClaimedJob } from '@sluice/fleet/postgres/queries/claimJobs';
import type { ActiveJob } from '@sluice/fleet/queue/run/runAttempt';
import type { OpenSpan } from '@sluice/shared/telemetry/spans';
import { errorType, startSpan } from '@sluice/shared/telemetry/spans';

/** Outcomes by which the job only waits: for its upstream, or for a worker that can run it. Nothing failed. */
const PACED: ReadonlySet<string> = new Set(['defer', 'hold-back', 'put-back']);

/** The span of one attempt, which is nothing while nothing is traced. */
export interface AttemptTrace {
  /** Trace context for the handler; null while nothing is traced. */
  traceparent(): string | null;
  /** The ledger has told of the job: what it knows of the trace is used where the queue knew nothing. */
  claimed(job: ClaimedJob): void;
  /** Runs a step of the attempt within its span. */
  run<Result>(work: () => Result): Result;
  /** How the attempt ended, or why there was none; an error fails the span, unless it is an upstream's that asked to wait. */
  ended(outcome: { readonly kind: string; readonly error?: unknown }): void;
  end(): void;
}

/**
 * Begins the span of an attempt: a child of the sending, of which every attempt is one more. Where the job came without a
 * trace context it begins when the ledger has told of it.
 */
export function traceAttempt(active: ActiveJob): AttemptTrace {
  let span = active.traceparent === null ? null : startProcess(active, active.traceparent);
  return {
    traceparent: () => span?.traceparent ?? null,
    claimed({ id, traceparent, fence, ageMs }) {
      span ??= startProcess(active, traceparent);
      span?.set({ 'messaging.message.id': id, 'sluice.attempt': fence, 'sluice.age_ms': Math.round(ageMs) });
    },
    run: (work) => (span === null ? work() : span.run(work)),
    ended({ kind, error }) {
      span?.set({ 'sluice.outcome': kind });
      if (error !== undefined && !PACED.has(kind)) span?.fail(errorType(error));
    },
    end: () => span?.end(),
  };
}

function startProcess({ lane, task }: ActiveJob, parent: string | null): OpenSpan | null {
  return startSpan(`process ${lane.queueClass}`, {
    kind: 'consumer',
    parent,
    attributes: {
      'messaging.system': 'bullmq',
      'messaging.operation.type': 'process',
      'messaging.operation.name': 'process',
      'messaging.destination.name': lane.queueClass,
      'sluice.tenant': lane.tenantId,
      'sluice.task': task,
    },
  });
}
