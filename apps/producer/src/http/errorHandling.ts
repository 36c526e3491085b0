import { FleetError } from '@sluice/shared/errors/fleetError';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiServer } from './apiServer.js';
import { PROBLEM_TYPE, toProblem } from './problem.js';

/** Responds to an error with problem+json. */
export type AnswerError = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply;

/** The one function that every error response goes through: counts, logs and sends it. */
export function createErrorAnswer(metrics: Metrics, log: Log): AnswerError {
  return (error, request, reply) => {
    const problem = toProblem(error, request.id);
    metrics.jobsRefused.inc({ code: problem.code });
    if (problem.status >= 500) {
      const level = problem.code === 'unavailable' ? 'warn' : 'error';
      log[level](
        {
          component: 'http',
          event: 'request_failed',
          err: error,
          requestId: request.id,
          route: request.routeOptions.url,
        },
        'failed to handle a request: answered with an error',
      );
    }
    return reply.code(problem.status).headers(problem.headers).type(PROBLEM_TYPE).send(JSON.stringify(problem.body));
  };
}

/** Responds with 404 to unknown paths, and with 405 and `Allow` to a known path with another method. */
export function addErrorHandling(server: ApiServer, answer: AnswerError): void {
  const known = new Map<string, { readonly path: RegExp; readonly methods: Set<string> }>();
  server.addHook('onRoute', ({ url, method }) => {
    const entry = known.get(url) ?? { path: toPathPattern(url), methods: new Set() };
    known.set(url, entry);
    for (const name of [method].flat()) entry.methods.add(name);
  });
  server.setErrorHandler((error, request, reply) => answer(error, request, reply));
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = [...known.values()].filter((entry) => entry.path.test(path)).flatMap((entry) => [...entry.methods]);
    if (allowed.length === 0) return answer(new FleetError('not_found', 'No route matches this path.'), request, reply);
    const allow = [...new Set(allowed)].sort().join(', ');
    const refusal = new FleetError('method_not_allowed', `Allowed methods: ${allow}.`);
    return answer(refusal, request, reply.header('allow', allow));
  });
}

function toPathPattern(url: string): RegExp {
  const pattern = url
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:[^/]+/g, '[^/]+')
    .replaceAll('*', '.*');
  return new RegExp(`^${pattern}$`);
}
