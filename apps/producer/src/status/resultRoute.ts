import { setTimeout as pause } from 'node:timers/promises';
import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { inTenant } from '@sluice/fleet/postgres/ledger';
import type { JobRow } from '@sluice/fleet/postgres/queries/readJob';
import { readJobRow } from '@sluice/fleet/postgres/queries/readJob';
import { jobErrorSchema } from '@sluice/shared/contracts/deadLetter';
import { isTerminal, JOB_STATES } from '@sluice/shared/contracts/jobStates';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { isId } from '@sluice/shared/ids/ids';
import { z } from 'zod';
import type { ApiServer } from '../http/apiServer.js';
import { tenantCallerOf } from '../http/apiServer.js';
import { idParamsSchema, refusals, tenantHeadersSchema } from '../http/responses.js';
import { shownState } from '../wait/shownState.js';
import { toText } from './present.js';

/** Maximum time that a request may wait for a result, in ms. */
const MAX_WAIT_MS = 30_000;

/** Interval between polls of the ledger, in ms: short at first, since most jobs are short. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

const finishedSchema = z.object({
  id: z.uuid(),
  state: z.enum(JOB_STATES),
  result: z.unknown(),
  error: jobErrorSchema.nullable(),
  finishedAt: z.iso.datetime().nullable(),
});

const unfinishedSchema = z.object({ id: z.uuid(), state: z.enum(JOB_STATES) });

const querySchema = z.strictObject({
  waitMs: z.coerce
    .number()
    .int()
    .min(0)
    .max(MAX_WAIT_MS)
    .default(0)
    .meta({ description: 'How long to wait for the result, in ms' }),
});

/** `GET /api/v1/jobs/:id/result`. Waiting requests are answered immediately when the server closes. */
export function addResultRoute(server: ApiServer, ledger: Ledger, now: () => number): void {
  const closing = new AbortController();
  server.addHook('preClose', async () => closing.abort());
  server.get(
    '/api/v1/jobs/:id/result',
    {
      config: { access: 'read' },
      schema: {
        tags: ['jobs'],
        summary: 'Read the result of a job; waits for it if asked to',
        headers: tenantHeadersSchema,
        params: idParamsSchema,
        querystring: querySchema,
        response: { 200: finishedSchema, 202: unfinishedSchema, ...refusals(404) },
      },
    },
    async (request, reply) => {
      const { tenantId } = tenantCallerOf(request);
      const { id } = request.params;
      const left = new AbortController();
      reply.raw.once('close', () => left.abort());
      const job = await awaitEnd(
        () => (isId(id) ? inTenant(ledger, tenantId, (db) => readJobRow(db, tenantId, id)) : null),
        {
          untilMs: now() + request.query.waitMs,
          now,
          signal: AbortSignal.any([left.signal, closing.signal]),
        },
      );
      if (!isTerminal(job.state)) return reply.code(202).send({ id: job.id, state: shownState(job, now()) });
      const { state, error } = job;
      return { id: job.id, state, result: job.result ?? null, error, finishedAt: toText(job.finishedAt) };
    },
  );
}

async function awaitEnd(
  look: () => Promise<JobRow | null> | null,
  { untilMs, now, signal }: { readonly untilMs: number; readonly now: () => number; readonly signal: AbortSignal },
): Promise<JobRow> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)) {
    const job = await look();
    if (job === null) throw new FleetError('not_found', 'There is no such job.');
    const leftMs = untilMs - now();
    if (isTerminal(job.state) || leftMs <= 0 || signal.aborted) return job;
    await pause(Math.min(pauseMs, leftMs), undefined, { signal }).catch(() => undefined);
  }
}
