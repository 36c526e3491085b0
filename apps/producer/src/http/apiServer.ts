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

/** The server as routes see it: schemas are zod's, and handlers infer their types from them. */
export type ApiServer = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

declare module 'fastify' {
  interface FastifyRequest {
    /** The authenticated caller; null on routes without `access`. */
    caller: Caller | null;
    /** UUIDv7 from which the ids that this request creates are derived; the same when the request is repeated. */
    seed: string;
    /** SHA-256 of the body's bytes, as hex. */
    bodyHash: string;
    /** The `Idempotency-Key` that this request holds; null when it holds none. */
    held: { readonly scope: string; readonly key: string } | null;
    /** Whether the response is final and may be replayed; a route sets it to false when it is not. */
    settled: boolean;
    /** The request's span; null when tracing is off. */
    span: OpenSpan | null;
  }
  interface FastifyContextConfig {
    /** The access that the caller needs; required on every route under `/api/`. */
    access?: Access;
    /** The route creates something, so it honours `Idempotency-Key`. */
    creates?: boolean;
    /** The response is a stream that lasts as long as a client reads it. */
    streams?: boolean;
    /** The response contains a secret, so it is stored sealed. */
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
