import type { FeedWriter } from '@sluice/fleet/feed/feedWriter';
import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { inTenant } from '@sluice/fleet/postgres/ledger';
import type { Cancellation } from '@sluice/fleet/postgres/queries/cancelJob';
import { cancelJob } from '@sluice/fleet/postgres/queries/cancelJob';
import { readJobRow } from '@sluice/fleet/postgres/queries/readJob';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { JOB_STATES } from '@sluice/shared/contracts/jobStates';
import type { Lane } from '@sluice/shared/domain/lane';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { isId } from '@sluice/shared/ids/ids';
import { z } from 'zod';
import { mayCancel } from '../http/access.js';
import type { ApiServer } from '../http/apiServer.js';
import { tenantCallerOf } from '../http/apiServer.js';
import { idParamsSchema, refusals, tenantHeadersSchema } from '../http/responses.js';
import type { RedisCall } from '../stores/redisCall.js';

const cancelledSchema = z.object({
  id: z.uuid(),
  state: z.enum(JOB_STATES).meta({ description: 'cancelled, or active while it is being stopped' }),
  cancelRequested: z.boolean(),
});

/** Dependencies of the cancel route. */
export interface CancelDeps {
  readonly ledger: Ledger;
  readonly lanes: LaneQueues;
  readonly call: RedisCall;
  readonly client: RedisService['client'];
  readonly keys: FleetKeys;
  readonly feed: Pick<FeedWriter, 'publish'>;
}

/** `DELETE /api/v1/jobs/:id`. */
export function addCancelRoute(server: ApiServer, deps: CancelDeps): void {
  server.delete(
    '/api/v1/jobs/:id',
    {
      config: { access: 'cancel' },
      schema: {
        tags: ['jobs'],
        summary: 'Cancel a job: at once while it waits, by its abort signal while it runs',
        headers: tenantHeadersSchema,
        params: idParamsSchema,
        response: { 202: cancelledSchema, ...refusals(404, 409) },
      },
    },
    async (request, reply) => {
      const caller = tenantCallerOf(request);
      const { id } = request.params;
      const job = isId(id)
        ? await inTenant(deps.ledger, caller.tenantId, (db) => readJobRow(db, caller.tenantId, id))
        : null;
      if (job === null) throw new FleetError('not_found', 'There is no such job.');
      if (!mayCancel(caller, job))
        throw new FleetError('forbidden', 'Only an admin or owner may cancel jobs of others.');
      const cancellation = await inTenant(deps.ledger, caller.tenantId, (db) => cancelJob(db, caller.tenantId, job.id));
      const state = await carryOut(cancellation, { tenantId: caller.tenantId, id: job.id }, deps);
      return reply.code(202).send({ id: job.id, state, cancelRequested: true });
    },
  );
}

async function carryOut(
  cancellation: Cancellation,
  { tenantId, id }: { readonly tenantId: string; readonly id: string },
  { lanes, call, client, keys, feed }: CancelDeps,
): Promise<'cancelled' | 'active'> {
  switch (cancellation.kind) {
    case 'unknown':
      throw new FleetError('not_found', 'There is no such job.');
    case 'finished':
      throw new FleetError('wrong_state', `The job is ${cancellation.state} already.`);
    case 'cancelled': {
      const lane: Lane = { tenantId, queueClass: cancellation.queueClass as Lane['queueClass'] };
      await quietly(() => call(() => lanes.remove(lane, cancellation.queueJobId ?? id)));
      feed.publish({ kind: 'state', jobId: id, ...lane, state: 'cancelled', attempt: 0 });
      return 'cancelled';
    }
    case 'running':
      await quietly(() => call(() => client.publish(keys.cancelChannel, id)));
      return 'active';
  }
}

/**
 * Best effort: the ledger has the cancel request, which the next claim checks; a running job receives it through Redis.
 */
async function quietly(hurry: () => Promise<unknown>): Promise<void> {
  await hurry().catch(() => undefined);
}
