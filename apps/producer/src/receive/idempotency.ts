import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { inTenant } from '@sluice/fleet/postgres/ledger';
import type { IdempotencyHold } from '@sluice/fleet/postgres/queries/idempotency';
import {
  holdIdempotencyKey,
  keepIdempotentAnswer,
  releaseIdempotencyKey,
  yieldIdempotencyKey,
} from '@sluice/fleet/postgres/queries/idempotency';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { InvalidRequestError } from '@sluice/shared/errors/invalidRequestError';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { newId } from '@sluice/shared/ids/ids';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiServer } from '../http/apiServer.js';
import type { RequestSeeds } from './requestSeeds.js';
import type { Seal } from './seal.js';

/** Scope of requests that the operator makes for no tenant. No tenant id contains a "#". */
const OPERATOR_SCOPE = '#operator';

/** How often to poll a key whose request is still in progress before giving up: every 50 ms. */
const LOOKS = 60;
const LOOK_EVERY_MS = 50;

/** Dependencies of request idempotency. */
export interface IdempotencyDeps {
  readonly ledger: Ledger;
  readonly seal: Seal;
  readonly seeds: RequestSeeds;
  readonly log: Log;
}

/**
 * Honours `Idempotency-Key` on routes that create something: the first request proceeds and its response is stored, an
 * identical one receives that response, one with a different body is rejected. A request with an unknown outcome leaves
 * its seed behind, so that a repeated request creates the same ids.
 */
export function addIdempotency(server: ApiServer, deps: IdempotencyDeps): void {
  server.decorateRequest('held', null);
  server.decorateRequest('settled', true);
  server.decorateRequest('seed', '');
  server.decorateRequest('bodyHash', '');
  server.addHook('preHandler', (request, reply, done) => {
    const header = request.headers['idempotency-key'];
    const { creates } = request.routeOptions.config;
    if (creates === true) request.seed = newId();
    if (creates !== true || header === undefined) done();
    else holdOrReplay(request, reply, deps, String(header)).then(() => reply.sent || done(), done);
  });
  server.addHook('onSend', (request, reply, payload, done) => {
    if (request.held === null) done();
    else settleHold(request, reply, deps, typeof payload === 'string' ? payload : '').then(() => done(), done);
  });
}

async function holdOrReplay(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: IdempotencyDeps,
  key: string,
): Promise<void> {
  assertUsable(key);
  const scope = request.routeOptions.config.access === 'operate' ? OPERATOR_SCOPE : (request.caller?.tenantId ?? '');
  const requestHash = createHash('sha256').update(`${request.method} ${request.url} ${request.bodyHash}`).digest('hex');
  const hold = await seedAndHold(deps, { scope, key, requestHash, seed: request.seed }, asksRedis(request.body));
  switch (hold.kind) {
    case 'held':
      request.seed = hold.seed;
      request.held = { scope, key };
      return;
    case 'seeded':
      request.seed = hold.seed;
      return;
    case 'replay':
      await replay(request, reply, deps.seal, hold);
      return;
    case 'other-request':
      throw new ProblemError('idempotency_key_reused', 'This key was used with a different request.', {});
    case 'in-progress':
      throw new ProblemError('idempotency_in_progress', 'The first request is still in progress.', {
        retryAfterSeconds: 1,
      });
  }
}

/** A request unknown to the ledger; its ids derive from the seed stored in Redis. */
type Seeded = { readonly kind: 'seeded'; readonly seed: string };

type HoldRequest = Parameters<typeof holdIdempotencyKey>[1];

/**
 * For jobs that may be held by Redis alone, stores the seed in Redis first, so that the same request creates the same
 * ids whether or not the ledger is available. A seed in the ledger takes precedence: Redis may have lost its data.
 */
async function seedAndHold(
  { ledger, seeds }: IdempotencyDeps,
  request: HoldRequest,
  inRedis: boolean,
): Promise<IdempotencyHold | Seeded> {
  if (!inRedis) return takeHold(ledger, request);
  const seed = await seeds.hold(request);
  if (seed === null) return { kind: 'other-request' };
  try {
    const hold = await takeHold(ledger, { ...request, seed });
    if (hold.kind === 'held' && hold.seed !== seed) await seeds.replace({ ...request, seed: hold.seed });
    return hold;
  } catch (error) {
    if (error instanceof FleetError && error.code === 'unavailable') return { kind: 'seeded', seed };
    throw error;
  }
}

/** Whether a body requests a job that Redis alone may hold. The body is validated; the jobs in a batch are not. */
function asksRedis(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  if ('jobs' in body && Array.isArray(body.jobs)) return body.jobs.some(asksRedis);
  return 'durability' in body && body.durability === 'redis';
}

async function takeHold(ledger: Ledger, request: HoldRequest): Promise<IdempotencyHold> {
  for (let look = 1; ; look++) {
    const hold = await inTenant(ledger, request.scope, (db) => holdIdempotencyKey(db, request));
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
    throw new ProblemError(
      'conflict',
      'The stored response was encrypted with an earlier operator key and cannot be read.',
      {},
    );
  }
  await reply.code(kept.status).headers(kept.headers).header('idempotency-replayed', 'true').send(body);
}

async function settleHold(
  request: FastifyRequest,
  reply: FastifyReply,
  { ledger, seal, seeds, log }: IdempotencyDeps,
  payload: string,
): Promise<void> {
  const { held } = request;
  if (held === null) return;
  request.held = null;
  const status = reply.statusCode;
  try {
    if (status >= 500 || !request.settled) {
      await inTenant(ledger, held.scope, (db) => yieldIdempotencyKey(db, held.scope, held.key));
    } else if (status >= 400) {
      await inTenant(ledger, held.scope, (db) => releaseIdempotencyKey(db, held.scope, held.key));
      if (asksRedis(request.body)) await seeds.forget(held);
    } else {
      const body = request.routeOptions.config.answersSecret === true ? seal.seal(payload) : payload;
      await inTenant(ledger, held.scope, (db) =>
        keepIdempotentAnswer(db, { ...held, status, headers: keptHeaders(reply), body }),
      );
    }
  } catch (err) {
    // The hold expires; a repeated request then creates the same ids.
    log.warn(
      { component: 'idempotency', event: 'response_not_stored', err, requestId: request.id },
      'failed to store the response of an Idempotency-Key: a repeated request runs again with the same ids',
    );
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
