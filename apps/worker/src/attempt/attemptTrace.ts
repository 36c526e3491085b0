import type { ClaimedJob } from '@sluice/fleet/postgres/queries/claimJobs';
import type { ActiveJob } from '@sluice/fleet/queue/run/runAttempt';
import type { OpenSpan } from '@sluice/shared/telemetry/spans';
import { errorType, startSpan } from '@sluice/shared/telemetry/spans';

/** Outcomes after which the job only waits: for its upstream, or for a worker that can run it. Nothing failed. */
const PACED: ReadonlySet<string> = new Set(['defer', 'hold-back', 'put-back']);

/** The span of one attempt; a no-op while tracing is off. */
export interface AttemptTrace {
  /** Trace context for the handler; null while tracing is off. */
  traceparent(): string | null;
  /** Notes the ledger's row: its trace context is used if the queue had none. */
  claimed(job: ClaimedJob): void;
  /** Runs a step of the attempt within its span. */
  run<Result>(work: () => Result): Result;
  /** Notes how the attempt ended, or why it did not start; an error fails the span unless an upstream asked to wait. */
  ended(outcome: { readonly kind: string; readonly error?: unknown }): void;
  end(): void;
}

/**
 * Begins the span of an attempt, a child of the send span; every attempt adds one. For a job without a trace context
 * the span begins once the ledger has returned the row.
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
