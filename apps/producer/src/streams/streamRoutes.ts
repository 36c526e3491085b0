import { isTerminal } from '@sluice/shared/contracts/jobStates';
import { comparePlaces, entryOf, readPlace } from '@sluice/shared/domain/feedPlace';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { FeedReader } from '@sluice/shared/feed/feedReader';
import { isId } from '@sluice/shared/ids/ids';
import type { EndedJobs } from '@sluice/shared/outlook/endedJobs';
import type { PlaceWatch } from '@sluice/shared/outlook/placeWatch';
import { readJobRow } from '@sluice/shared/postgres/queries/readJob';
import type { FedEvent } from '@sluice/shared/redis/commands/feed';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ApiServer } from '../http/apiServer.js';
import { tenantCallerOf } from '../http/apiServer.js';
import { idParamsSchema, refusals, tenantHeadersSchema } from '../http/responses.js';
import { shownState } from '../outlook/shownState.js';
import type { Ledger } from '../stores/ledger.js';
import { followJob, toMessage } from './followJob.js';
import type { OpenStreams } from './openStreams.js';

/** What streams rest on. */
export interface StreamParts {
  readonly ledger: Ledger;
  readonly feed: FeedReader;
  readonly places: PlaceWatch;
  readonly ended: EndedJobs;
  readonly streams: OpenStreams;
  readonly replay: (tenantId: string, fromEntry: string) => Promise<readonly FedEvent[] | null>;
  readonly now: () => number;
}

const streamHeadersSchema = tenantHeadersSchema.extend({
  'last-event-id': z.string().max(64).optional().meta({ description: 'The id of the last event that was received' }),
});

const STREAM = {
  200: { description: 'A stream of server-sent events', content: { 'text/event-stream': { schema: z.string() } } },
};

/** `GET /api/v1/jobs/:id/events` and `GET /api/v1/events`. */
export function addStreamRoutes(server: ApiServer, parts: StreamParts): void {
  server.addHook('preClose', async () => parts.streams.endAll());
  server.get(
    '/api/v1/jobs/:id/events',
    {
      config: { access: 'read' },
      schema: {
        tags: ['jobs'],
        summary: 'What happens to a job, as server-sent events: position, state, progress, log, then done',
        headers: streamHeadersSchema,
        params: idParamsSchema,
        response: { ...STREAM, ...refusals(404) },
      },
    },
    (request, reply) => streamJob(request, request.params.id, reply, parts),
  );
  server.get(
    '/api/v1/events',
    {
      config: { access: 'read' },
      schema: {
        tags: ['jobs'],
        summary: "What happens to all of the tenant's jobs, as server-sent events: state, progress and log",
        headers: streamHeadersSchema,
        response: { ...STREAM, ...refusals() },
      },
    },
    (request, reply) => streamTenant(request, reply, parts),
  );
}

async function streamJob(request: FastifyRequest, id: string, reply: FastifyReply, parts: StreamParts): Promise<void> {
  const { tenantId } = tenantCallerOf(request);
  const job = isId(id) ? await parts.ledger((db) => readJobRow(db, tenantId, id)) : null;
  if (job === null) throw new FleetError('not_found', 'There is no such job.');
  let gone = false;
  let stop = (): void => undefined;
  reply.hijack();
  const stream = parts.streams.open(reply.raw, () => {
    gone = true;
    stop();
  });
  const follow = {
    ...parts,
    reread: (row: typeof job) => parts.ledger((db) => readJobRow(db, row.tenantId, row.id)).catch(() => null),
    shownState: (row: typeof job) => shownState(row, parts.now()),
  };
  try {
    stop = await followJob(job, lastEventIdOf(request), stream, follow);
  } catch (err) {
    // The client comes back by itself; a job that is over needs no feed to say so.
    request.log.debug({ err }, 'a job could not be followed');
    if (!isTerminal(job.state)) stream.end();
  }
  if (gone) stop();
}

async function streamTenant(request: FastifyRequest, reply: FastifyReply, parts: StreamParts): Promise<void> {
  const { tenantId } = tenantCallerOf(request);
  const from = lastEventIdOf(request);
  const last = from === null ? null : readPlace(from);
  let early: FedEvent[] | null = [];
  let told = last;
  let stop = (): void => undefined;
  reply.hijack();
  const stream = parts.streams.open(reply.raw, () => stop());

  function tell(fed: FedEvent): void {
    if (early !== null) {
      early.push(fed);
      return;
    }
    const place = readPlace(fed.place);
    if (place === null || (told !== null && comparePlaces(place, told) <= 0)) return;
    told = place;
    const message = toMessage(fed);
    stream.send({ ...message, data: { id: fed.event.jobId, ...(message.data as object) } });
  }

  try {
    ({ stop } = await parts.feed.listen(tenantId, tell));
    const missed = last === null ? [] : ((await parts.replay(tenantId, entryOf(last))) ?? []);
    const waiting = [...missed, ...early];
    early = null;
    for (const fed of waiting) tell(fed);
  } catch (err) {
    request.log.debug({ err }, "a tenant's events could not be followed");
    stream.end();
  }
  if (reply.raw.destroyed) stop();
}

function lastEventIdOf(request: FastifyRequest): string | null {
  return [request.headers['last-event-id']].flat()[0] ?? null;
}
