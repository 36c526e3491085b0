import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { InvalidRequestError } from '@sluice/shared/errors/invalidRequestError';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { newId } from '@sluice/shared/ids/ids';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { IdempotencyHold } from '@sluice/shared/postgres/queries/idempotency';
import {
  holdIdempotencyKey,
  keepIdempotentAnswer,
  releaseIdempotencyKey,
  yieldIdempotencyKey,
} from '@sluice/shared/postgres/queries/idempotency';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiServer } from '../http/apiServer.js';
import type { Ledger } from '../stores/ledger.js';
import type { Seal } from './seal.js';

/** Scope of requests by which the operator acts for no tenant. No tenant's id holds a "#". */
const OPERATOR_SCOPE = '#operator';

/** Looks at a key whose request is still under way before giving up: 50 ms apart. */
const LOOKS = 60;
const LOOK_EVERY_MS = 50;

/** What the idempotency of requests rests on. */
export interface IdempotencyParts {
  readonly ledger: Ledger;
  readonly seal: Seal;
  readonly log: Log;
}

/**
 * Honours `Idempotency-Key` on routes that create something: the first request goes on and its answer is kept, an equal
 * one gets that answer, one with another body is refused. Requests whose outcome is not known leave their seed behind,
 * so that the same request again makes the same ids.
 */
export function addIdempotency(server: ApiServer, parts: IdempotencyParts): void {
  server.decorateRequest('held', null);
  server.decorateRequest('settled', true);
  server.decorateRequest('seed', '');
  server.decorateRequest('bodyHash', '');
  server.addHook('preHandler', async (request, reply) => {
    if (request.routeOptions.config.creates !== true) return;
    request.seed = newId();
    const header = request.headers['idempotency-key'];
    if (header !== undefined) await holdOrReplay(request, reply, parts, String(header));
  });
  server.addHook('onSend', async (request, reply, payload) => {
    if (request.held !== null) await settleHold(request, reply, parts, typeof payload === 'string' ? payload : '');
    return payload;
  });
}

async function holdOrReplay(
  request: FastifyRequest,
  reply: FastifyReply,
  parts: IdempotencyParts,
  key: string,
): Promise<void> {
  assertUsable(key);
  const scope = request.routeOptions.config.access === 'operate' ? OPERATOR_SCOPE : (request.caller?.tenantId ?? '');
  const requestHash = createHash('sha256').update(`${request.method} ${request.url} ${request.bodyHash}`).digest('hex');
  const hold = await takeHold(parts.ledger, { scope, key, requestHash, seed: request.seed });
  switch (hold.kind) {
    case 'held':
      request.seed = hold.seed;
      request.held = { scope, key };
      return;
    case 'replay':
      await replay(request, reply, parts.seal, hold);
      return;
    case 'other-request':
      throw new ProblemError('idempotency_key_reused', 'This key was used with another request.', {});
    case 'in-progress':
      throw new ProblemError('idempotency_in_progress', 'The first request is still under way.', {
        retryAfterSeconds: 1,
      });
  }
}

async function takeHold(ledger: Ledger, request: Parameters<typeof holdIdempotencyKey>[1]): Promise<IdempotencyHold> {
  for (let look = 1; ; look++) {
    const hold = await ledger((db) => holdIdempotencyKey(db, request));
    if (hold.kind !== 'in-progress' || look === LOOKS) return hold;
    await pause(LOOK_EVERY_MS);
  }
}

async function replay(
  request: FastifyRequest,
  reply: FastifyReply,
  seal: Seal,
  kept: Extract<IdempotencyHold, { kind: 'replay' }>,
): Promise<void> {
  const body = request.routeOptions.config.answersSecret === true ? seal.open(kept.body) : kept.body;
  if (body === null) {
    throw new ProblemError('conflict', 'The answer was kept under another operator key and cannot be read again.', {});
  }
  await reply.code(kept.status).headers(kept.headers).header('idempotency-replayed', 'true').send(body);
}

async function settleHold(
  request: FastifyRequest,
  reply: FastifyReply,
  { ledger, seal, log }: IdempotencyParts,
  payload: string,
): Promise<void> {
  const { held } = request;
  if (held === null) return;
  request.held = null;
  const status = reply.statusCode;
  try {
    if (status >= 500 || !request.settled) {
      await ledger((db) => yieldIdempotencyKey(db, held.scope, held.key));
    } else if (status >= 400) {
      await ledger((db) => releaseIdempotencyKey(db, held.scope, held.key));
    } else {
      const body = request.routeOptions.config.answersSecret === true ? seal.seal(payload) : payload;
      await ledger((db) => keepIdempotentAnswer(db, { ...held, status, headers: keptHeaders(reply), body }));
    }
  } catch (err) {
    // The hold ends by itself; the same request again then makes the same ids.
    log.warn({ err, requestId: request.id }, 'the answer could not be kept under its Idempotency-Key');
  }
}

function keptHeaders(reply: FastifyReply): Record<string, string> {
  const kept = ['content-type', 'location', 'x-queue'].map((name) => [name, reply.getHeader(name)] as const);
  return Object.fromEntries(kept.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
}

function assertUsable(key: string): void {
  if (/^[\x20-\x7e]{1,255}$/.test(key)) return;
  const message = 'Must be 1 to 255 printable ASCII characters';
  throw new InvalidRequestError('The Idempotency-Key is not valid.', [{ pointer: '/idempotency-key', message }]);
}
