import { readTraceparent } from '@sluice/shared/domain/traceparent';
import type { OpenSpan } from '@sluice/shared/telemetry/spans';
import { startSpan } from '@sluice/shared/telemetry/spans';
import type { FastifyRequest } from 'fastify';
import type { ApiServer } from './apiServer.js';

/** Routes that machines ask all the time, and whose traces nobody reads. */
const UNTRACED = new Set(['/livez', '/readyz', '/metrics']);

/**
 * A span for every request, named by its method and route and part of the caller's trace. Paths, queries and headers are
 * left out: they hold ids, and what is nobody's business.
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
  // A client that left hears no answer.
  server.addHook('onRequestAbort', async (request) => {
    request.span?.fail('aborted');
    endRequestSpan(request, null);
  });
}

/** The trace context that what the request makes goes on with: its own span's, else the caller's. */
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
