import type { Tracer } from '@opentelemetry/api';
import type { OpenSpan } from '@sluice/shared/telemetry/spans';
import { startSpan } from '@sluice/shared/telemetry/spans';
import type { PreparedJob } from './prepareJob.js';

/**
 * Starts the span of sending a job, the parent of its attempts in any process and at any later time. One per job: jobs
 * of many requests share a commit and a bulk add, and each belongs to its own request's trace.
 * @param tracer of a service outside the fleet; the process's own by default
 * @returns the job with the span's context instead of the request's; the unchanged job while tracing is off
 */
export function startSend(
  prepared: PreparedJob,
  tracer?: Tracer,
): { readonly prepared: PreparedJob; readonly sent: OpenSpan | null } {
  const { row, job } = prepared;
  const sent = startSpan(`send ${row.queueClass}`, {
    kind: 'producer',
    tracer,
    parent: row.traceparent,
    attributes: {
      'messaging.system': 'bullmq',
      'messaging.operation.type': 'send',
      'messaging.operation.name': 'send',
      'messaging.destination.name': row.queueClass,
      'messaging.message.id': row.id,
      'sluice.tenant': row.tenantId,
      'sluice.task': row.task,
    },
  });
  if (sent === null) return { prepared, sent };
  const { traceparent } = sent;
  return { prepared: { ...prepared, row: { ...row, traceparent }, job: { ...job, traceparent } }, sent };
}
