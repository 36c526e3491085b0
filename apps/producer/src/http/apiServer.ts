import { FleetError } from '@sluice/shared/errors/fleetError';
import type { OpenSpan } from '@sluice/shared/telemetry/spans';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Access, Caller, TenantCaller } from './access.js';

/** The server as routes see it: schemas are zod's, and handlers get their types from them. */
export type ApiServer = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is asking; null on routes without `access`. */
    caller: Caller | null;
    /** UUIDv7 that the ids of what this request makes come from; the same again when the request is sent again. */
    seed: string;
    /** SHA-256 of the body's bytes, as hex. */
    bodyHash: string;
    /** The `Idempotency-Key` that this request holds; null when it has none. */
    held: { readonly scope: string; readonly key: string } | null;
    /** Whether the answer settles the request, so that it may be replayed; a route sets it to false when it does not. */
    settled: boolean;
    /** The request's span; null while nothing is traced. */
    span: OpenSpan | null;
  }
  interface FastifyContextConfig {
    /** What the caller must be allowed to do; every route under `/api/` states it. */
    access?: Access;
    /** It creates something, so it honours `Idempotency-Key`. */
    creates?: boolean;
    /** Its answer goes on for as long as somebody reads it. */
    streams?: boolean;
    /** Its answer holds a secret, so it is kept sealed. */
    answersSecret?: boolean;
  }
}

/** The caller of a route that works within a tenant. */
export function tenantCallerOf(request: Pick<FastifyRequest, 'caller'>): TenantCaller {
  const { caller } = request;
  if (caller === null || caller.tenantId === null) {
    throw new FleetError('internal', 'A tenant route was reached without a tenant.');
  }
  return { ...caller, tenantId: caller.tenantId };
}
