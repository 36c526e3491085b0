import type { Log } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { ApiServer } from '../http/apiServer.js';

/** Measures every response and sets its `X-Request-Id`. */
export function addRequestMetrics(server: ApiServer, metrics: Metrics, log: Log): void {
  const observers = new Map<string, ReturnType<typeof metrics.httpSeconds.labels>>();
  const observerOf = (method: string, route: string, status: number) => {
    const name = `${method} ${route} ${status}`;
    const observer = observers.get(name) ?? metrics.httpSeconds.labels({ method, route, status });
    observers.set(name, observer);
    return observer;
  };
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'unknown';
    const ms = reply.elapsedTime;
    // A stream lasts as long as its client reads it, so its duration says nothing about latency.
    if (request.routeOptions.config.streams === true && reply.statusCode === 200) return;
    observerOf(method, route, reply.statusCode).observe(ms / 1_000);
    log.debug(
      {
        component: 'http',
        event: 'request_finished',
        requestId: request.id,
        method,
        route,
        status: reply.statusCode,
        ms: Math.round(ms),
      },
      'request finished',
    );
    done();
  });
}
