import { readStreamId } from '@sluice/fleet/domain/streamId';
import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { readJobRow } from '@sluice/fleet/postgres/queries/readJob';
import { isTerminal } from '@sluice/shared/contracts/jobStates';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { InvalidRequestError } from '@sluice/shared/errors/invalidRequestError';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { isId } from '@sluice/shared/ids/ids';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ApiServer } from '../http/apiServer.js';
import { tenantCallerOf } from '../http/apiServer.js';
import { idParamsSchema, refusals, tenantHeadersSchema } from '../http/responses.js';
import type { CredentialWatch } from './credentialWatch.js';
import type { FollowDeps } from './followJob.js';
import { followJob, isOfEarlierLife } from './followJob.js';
import { followTenant } from './followTenant.js';
import type { OpenStreams, SseStream } from './openStreams.js';
import { STREAM_HEADERS } from './openStreams.js';
import type { StreamRoom } from './streamRoom.js';

/** Dependencies of the stream routes. */
export interface StreamDeps extends FollowDeps {
  readonly ledger: Ledger;
  readonly credentials: CredentialWatch;
  readonly streams: OpenStreams;
}

/** `Retry-After` of a stream refused at the limit, in seconds. */
const RETRY_AFTER_SECONDS = 5;

/** Maximum length of the event id that a client may send, in characters. */
const MAX_EVENT_ID = 64;

const headers = tenantHeadersSchema.extend({
  'last-event-id': z
    .string()
    .max(MAX_EVENT_ID)
    .optional()
    .meta({ description: 'Id of the last event received; events missed since then are sent first' }),
});

const STREAM = {
  200: {
    description: 'Server-sent events: lines `id:`, `event:` and `data:` (JSON); a comment every 15 s',
    content: { 'text/event-stream': { schema: z.string() } },
  },
};

const OVER = { 204: z.undefined().meta({ description: 'The event `done` was already received: do not reconnect' }) };

/** `GET /api/v1/jobs/:id/events` and `GET /api/v1/events`. */
export function addStreamRoutes(server: ApiServer, deps: StreamDeps): void {
  server.addHook('preClose', async () => deps.streams.endAll());
  server.get(
    '/api/v1/jobs/:id/events',
    {
      config: { access: 'read', streams: true },
      schema: {
        tags: ['jobs'],
        summary: 'Stream the events of a job (server-sent events): position, state, progress, log, then done',
        headers,
        params: idParamsSchema,
        response: { ...STREAM, ...OVER, ...refusals(404) },
      },
    },
    (request, reply) => streamJob(request, request.params.id, reply, deps),
  );
  server.get(
    '/api/v1/events',
    {
      config: { access: 'read', streams: true },
      schema: {
        tags: ['jobs'],
        summary: "Stream the events of all the tenant's jobs (server-sent events): state, progress, log, missed",
        headers,
        response: { ...STREAM, ...refusals() },
      },
    },
    async (request, reply) => {
      const { tenantId } = tenantCallerOf(request);
      const from = readStreamId(lastEventIdOf(request))?.place ?? null;
      return stream(request, reply, deps, (open) => followTenant({ tenantId, from }, open, deps));
    },
  );
}

async function streamJob(request: FastifyRequest, id: string, reply: FastifyReply, deps: StreamDeps) {
  const { tenantId } = tenantCallerOf(request);
  const job = isId(id) ? await deps.ledger((db) => readJobRow(db, tenantId, id)) : null;
  if (job === null) throw new FleetError('not_found', 'There is no such job.');
  const from = readStreamId(lastEventIdOf(request));
  // By the standard, 204 stops a browser from reconnecting. A redriven job continues, or ends differently.
  if (from?.done === true && isTerminal(job.state) && !isOfEarlierLife(job, from))
    return reply.code(204).send(undefined);
  return stream(request, reply, deps, (open) => followJob({ job, from }, open, deps));
}

async function stream(
  request: FastifyRequest,
  reply: FastifyReply,
  { streams, credentials }: StreamDeps,
  follow: (stream: SseStream) => Promise<() => void>,
): Promise<FastifyReply | undefined> {
  if (request.method === 'HEAD') return reply.headers(STREAM_HEADERS).send();
  const caller = tenantCallerOf(request);
  refuseWithoutRoom(streams.roomFor(caller.tenantId));
  reply.hijack();
  const stops: (() => void)[] = [];
  let gone = false;
  const open = streams.open(reply.raw, { tenantId: caller.tenantId, requestId: request.id }, () => {
    gone = true;
    for (const stop of stops) stop();
  });
  stops.push(credentials.watch(caller, () => open.end()));
  try {
    stops.push(await follow(open));
  } catch (err) {
    // The client reconnects.
    request.log.error(
      { component: 'streams', event: 'stream_not_opened', err },
      'failed to open an event stream: the connection was closed',
    );
    open.end();
  }
  if (gone) for (const stop of stops) stop();
  return undefined;
}

/** @throws ProblemError `unavailable`, with `Retry-After` */
function refuseWithoutRoom(room: StreamRoom): void {
  if (room.kind === 'room') return;
  const message =
    room.kind === 'full'
      ? 'Too many streams are open here.'
      : `The tenant has ${room.maxStreams} streams open here, as many as it may have. Close some; GET /api/v1/events tells of all jobs on one.`;
  throw new ProblemError('unavailable', message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

function lastEventIdOf(request: FastifyRequest): string {
  const id = [request.headers['last-event-id']].flat()[0] ?? '';
  if (id.length <= MAX_EVENT_ID) return id;
  const message = `Must have at most ${MAX_EVENT_ID} characters`;
  throw new InvalidRequestError('The Last-Event-ID is not valid.', [{ pointer: '/last-event-id', message }]);
}
