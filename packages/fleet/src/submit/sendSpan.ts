import type { Tracer } from '@opentelemetry/api';
import type { OpenSpan } from '@sluice/shared/telemetry/spans';
import { startSpan } from '@sluice/shared/telemetry/spans';
import type { PreparedJob } from './prepareJob.js';

/**
 * Begins the span of a job's sending, which its attempts go on from, in whatever process and however much later. One per
 * job: jobs of many requests share a commit and a bulk add, and each belongs to its own request's trace.
 * @param tracer of a process that is not of the fleet; the fleet's own process has one when left out
 * @returns the job with the span's context in place of the request's; the job as it was while nothing is traced
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
