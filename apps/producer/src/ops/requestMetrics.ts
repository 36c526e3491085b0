import type { Log } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { ApiServer } from '../http/apiServer.js';

/** Measures every answer, and tells its request's id in `X-Request-Id`. */
export function addRequestMetrics(server: ApiServer, metrics: Metrics, log: Log): void {
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  server.addHook('onResponse', async (request, reply) => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'unknown';
    const ms = reply.elapsedTime;
    // A stream is answered for as long as somebody reads it, which says nothing of how fast we are.
    if (request.routeOptions.config.streams === true && reply.statusCode === 200) return;
    metrics.httpSeconds.observe({ method, route, status: reply.statusCode }, ms / 1_000);
    log.debug({ requestId: request.id, method, route, status: reply.statusCode, ms: Math.round(ms) }, 'answered');
  });
}
