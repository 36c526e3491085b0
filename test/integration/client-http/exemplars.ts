import type { BatchResult, CancelledJob, FinishedJob, QueueStatus, TaskInfo } from '@sluice/client';

const ID = '01980a3c-5d6e-7f80-9123-456789abcdef';

/** One answer with every field, by route: the compiler checks it against the client's types, a test against the server's schemas. */
export const EXEMPLARS: Readonly<Record<string, object>> = {
  'POST /api/v1/jobs/batch 207': {
    results: [
      { status: 400, id: ID, code: 'invalid_request', detail: 'no', errors: [{ pointer: '/data', message: 'no' }] },
    ] satisfies Required<BatchResult>[],
  },
  'GET /api/v1/jobs/{id}/result 200': {
    id: ID,
    state: 'dead',
    result: null,
    error: { code: 'attempt_failed', message: 'no' },
    finishedAt: '2026-11-29T12:00:00.000Z',
  } satisfies Required<FinishedJob>,
  'DELETE /api/v1/jobs/{id} 202': { id: ID, state: 'active', cancelRequested: true } satisfies Required<CancelledJob>,
  'GET /api/v1/queue 200': {
    counts: { byState: { queued: 1 }, byTask: { 'system.probe': { queued: 1 } } },
    workers: { desired: 1, live: 1 },
    oldestWaitMs: 1,
    estimatedWaitMs: 1,
    estimatedWaitP90Ms: 1,
    zone: 'green',
    circuit: [{ upstream: 'ga4', state: 'half-open', probeInMs: 1 }],
    quota: [
      {
        upstream: 'ga4',
        callsPerWindow: 1,
        windowMs: 1_000,
        callsAtATime: 1,
        left: 1,
        underWay: 1,
        refillsInMs: 1,
      },
    ],
  } satisfies Required<QueueStatus>,
  'GET /api/v1/tasks 200': {
    tasks: [
      { name: 'a.b', summary: 'A', queueClass: 'default', timeoutMs: 1, attempts: 1, dataSchema: { type: 'object' } },
    ] satisfies Required<TaskInfo>[],
  },
};
