import { readTraceparent } from '@sluice/shared/domain/traceparent';
import type { OpenSpan } from '@sluice/shared/telemetry/spans';
import { startSpan } from '@sluice/shared/telemetry/spans';
import type { FastifyRequest } from 'fastify';
import type { ApiServer } from './apiServer.js';

/** Routes that machines poll constantly, and whose traces nobody reads. */
const UNTRACED = new Set(['/livez', '/readyz', '/metrics']);

/**
 * Creates a span for every request, named after its method and route, as part of the caller's trace. Leaves out paths,
 * queries and headers: they contain ids and private data.
 */
export function addRequestSpans(server: ApiServer): void {
  server.decorateRequest('span', null);
  server.addHook('onRequest', async (request) => {
    const route = request.routeOptions.url;
    if (route === undefined || !UNTRACED.has(route)) request.span = startRequestSpan(request, route);
  });
  server.addHook('onResponse', async (request, reply) => {
    endRequestSpan(request, reply.statusCode);
  });
  // A client that disconnected receives no response.
  server.addHook('onRequestAbort', async (request) => {
    request.span?.fail('aborted');
    endRequestSpan(request, null);
  });
}

/** The trace context that the request's jobs continue: that of its own span, else the caller's. */
export function traceparentOf(request: FastifyRequest): string | null {
  return request.span?.traceparent ?? readTraceparent(request.headers.traceparent);
}

function startRequestSpan(request: FastifyRequest, route: string | undefined): OpenSpan | null {
  const { method } = request;
  return startSpan(route === undefined ? method : `${method} ${route}`, {
    kind: 'server',
    parent: readTraceparent(request.headers.traceparent),
    attributes: {
      'http.request.method': method,
      'url.scheme': request.protocol,
      'sluice.request_id': request.id,
      ...(route === undefined ? {} : { 'http.route': route }),
    },
  });
}

function endRequestSpan(request: FastifyRequest, status: number | null): void {
  const { span, caller } = request;
  if (span === null) return;
  request.span = null;
  if (typeof caller?.tenantId === 'string') span.set({ 'sluice.tenant': caller.tenantId });
  if (status !== null) span.set({ 'http.response.status_code': status });
  if (status !== null && status >= 500) span.fail(String(status));
  span.end();
}
