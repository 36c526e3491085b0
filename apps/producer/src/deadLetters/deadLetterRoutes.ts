import { inTenant } from '@sluice/fleet/postgres/ledger';
import type { DeadLetterRow } from '@sluice/fleet/postgres/queries/deadLetters';
import { findDeadLetter, listDeadLetters } from '@sluice/fleet/postgres/queries/deadLetters';
import { DEATH_CATEGORIES, deadLetterSchema, SEVERITIES } from '@sluice/shared/contracts/deadLetter';
import { jobAcceptedSchema } from '@sluice/shared/contracts/jobs';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { isId } from '@sluice/shared/ids/ids';
import { z } from 'zod';
import type { AnswerAccepted } from '../accept/answerAccepted.js';
import type { RequeueDeps } from '../accept/requeueJob.js';
import { requeueJob } from '../accept/requeueJob.js';
import type { ApiServer } from '../http/apiServer.js';
import { tenantCallerOf } from '../http/apiServer.js';
import { idParamsSchema, refusals, tenantHeadersSchema } from '../http/responses.js';
import { readCursor, writeCursor } from './cursor.js';

const querySchema = z.strictObject({
  category: z.enum(DEATH_CATEGORIES).optional(),
  severity: z.enum(SEVERITIES).optional(),
  task: z.string().max(100).optional(),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

const listSchema = z.object({ deadLetters: z.array(deadLetterSchema), nextCursor: z.string().nullable() });

/** `GET /api/v1/dead-letters` and `POST /api/v1/dead-letters/:id/redrive`. */
export function addDeadLetterRoutes(server: ApiServer, parts: RequeueDeps, answerAccepted: AnswerAccepted): void {
  server.get(
    '/api/v1/dead-letters',
    {
      config: { access: 'dead-letters' },
      schema: {
        tags: ['dead letters'],
        summary: "List the tenant's dead letters, newest first",
        headers: tenantHeadersSchema,
        querystring: querySchema,
        response: { 200: listSchema, ...refusals() },
      },
    },
    async (request) => {
      const { tenantId } = tenantCallerOf(request);
      const { cursor, limit, ...filter } = request.query;
      const before = cursor === undefined ? undefined : readCursor(cursor);
      const found = await inTenant(parts.ledger, tenantId, (db) =>
        listDeadLetters(db, tenantId, { ...filter, before, limit: limit + 1 }),
      );
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return {
        deadLetters: page.map(toDeadLetter),
        nextCursor: found.length > limit && last !== undefined ? writeCursor(last) : null,
      };
    },
  );
  server.post(
    '/api/v1/dead-letters/:id/redrive',
    {
      config: { access: 'dead-letters' },
      schema: {
        tags: ['dead letters'],
        summary: 'Redrive a dead letter: run its job again, with the same id and new attempts',
        headers: tenantHeadersSchema,
        params: idParamsSchema,
        response: { 202: jobAcceptedSchema, ...refusals(404, 409) },
      },
    },
    async (request, reply) => {
      const { tenantId } = tenantCallerOf(request);
      const { id } = request.params;
      const letter = isId(id) ? await inTenant(parts.ledger, tenantId, (db) => findDeadLetter(db, tenantId, id)) : null;
      if (letter === null) throw new FleetError('not_found', 'There is no such dead letter.');
      const { job, state } = await requeueJob(parts, tenantId, letter.jobId);
      return answerAccepted(reply, job, { kind: 'new', state, seen: null });
    },
  );
}

function toDeadLetter({ tenantId: _tenantId, diedAt, redrivenAt, ...letter }: DeadLetterRow) {
  return { ...letter, diedAt: diedAt.toISOString(), redrivenAt: redrivenAt?.toISOString() ?? null };
}
