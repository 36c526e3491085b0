import { jobAcceptedSchema } from '@sluice/shared/contracts/jobs';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { isId } from '@sluice/shared/ids/ids';
import type { ApiServer } from '../http/apiServer.js';
import { tenantCallerOf } from '../http/apiServer.js';
import { idParamsSchema, refusals, tenantHeadersSchema } from '../http/responses.js';
import type { AnswerAccepted } from './answerAccepted.js';
import type { RequeueDeps } from './requeueJob.js';
import { requeueJob } from './requeueJob.js';

/** `POST /api/v1/jobs/:id/retry`. */
export function addRetryRoute(server: ApiServer, deps: RequeueDeps, answerAccepted: AnswerAccepted): void {
  server.post(
    '/api/v1/jobs/:id/retry',
    {
      config: { access: 'retry' },
      schema: {
        tags: ['jobs'],
        summary: 'Retry a dead job under the same id, with new attempts',
        headers: tenantHeadersSchema,
        params: idParamsSchema,
        response: { 202: jobAcceptedSchema, ...refusals(404, 409) },
      },
    },
    async (request, reply) => {
      const { tenantId } = tenantCallerOf(request);
      if (!isId(request.params.id)) throw new FleetError('not_found', 'There is no such job.');
      const { job, state } = await requeueJob(deps, tenantId, request.params.id);
      return answerAccepted(reply, job, { kind: 'new', state, seen: null });
    },
  );
}
