import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import { addOpsRoutes } from '@sluice/shared/http/opsAnswers';
import type { Readiness } from '@sluice/shared/http/readiness';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import Fastify from 'fastify';
import { mountBoard } from '../board/mountBoard.js';
import { createLoginPace } from '../login/loginPace.js';
import { addLoginRoutes } from '../login/loginRoutes.js';
import { loadPages } from '../login/pages.js';
import { createSessions } from '../login/session.js';
import { guardByOrigin } from '../login/sessionGuard.js';
import { sendProblem } from './problem.js';
import { OWN_HEADERS } from './securityHeaders.js';
import type { TrustedProxies } from './trustedProxies.js';

/** Maximum concurrent connections; a board is for a few people. */
const MAX_CONNECTIONS = 500;

/** Dependencies of the server. */
export interface DashboardDeps {
  readonly config: { readonly host: string; readonly port: number; readonly trustProxy: TrustedProxies };
  readonly operatorKey: string;
  readonly board: FastifyPluginAsync;
  /** Called when a page sends a request to the board. */
  readonly viewed: () => void;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  readonly now: () => number;
  readonly log: Log;
}

/** The dashboard's listener. */
export interface DashboardServer extends Service {
  /** The URL it listens on, such as `http://127.0.0.1:3001`; empty before `start`. */
  url(): string;
}

/** Serves Bull Board behind a login, and probes and metrics without one. */
export function createDashboardServer(deps: DashboardDeps): DashboardServer {
  const server = Fastify({
    trustProxy: deps.config.trustProxy,
    forceCloseConnections: true,
    requestTimeout: 10_000,
    http: { headersTimeout: 3_000, connectionsCheckingInterval: 1_000 },
  });
  server.server.maxConnections = MAX_CONNECTIONS;
  let url = '';
  return {
    name: 'dashboard',
    url: () => url,
    async start() {
      await addRoutes(server, deps);
      const { host, port } = deps.config;
      url = await server.listen({ host, port });
    },
    async stop() {
      await server.close();
    },
  };
}

async function addRoutes(server: FastifyInstance, deps: DashboardDeps): Promise<void> {
  const { metrics, readiness, operatorKey, now, log } = deps;
  const sessions = createSessions(operatorKey, now);
  const pages = await loadPages();
  await server.register(cookie);
  await server.register(formbody);
  server.addHook('onRequest', async (_request, reply) => {
    reply.headers(OWN_HEADERS);
  });
  server.addHook('onRequest', guardByOrigin);
  server.addHook('onResponse', async (request, reply) => {
    const labels = { method: request.method, route: request.routeOptions.url ?? 'none', status: reply.statusCode };
    metrics.httpSeconds.observe(labels, reply.elapsedTime / 1_000);
  });
  server.addHook('onError', async (request, _reply, err) => {
    if ((err.statusCode ?? 500) >= 500)
      log.warn(
        { component: 'http', event: 'request_failed', err, route: request.routeOptions.url },
        'failed to handle a request: answered with an error',
      );
  });
  server.setNotFoundHandler((_request, reply) => sendProblem(reply, 'not_found', 'No route matches this path.'));
  server.setErrorHandler((error: { statusCode?: number; message: string }, _request, reply) => {
    if (error.statusCode === 413) return sendProblem(reply, 'payload_too_large', error.message);
    const isCallers = error.statusCode !== undefined && error.statusCode < 500;
    return isCallers ? sendProblem(reply, 'invalid_request', error.message) : sendProblem(reply, 'internal', '');
  });
  addOpsRoutes(server, metrics.registry, readiness);
  addLoginRoutes(server, { sessions, pages, log, pace: createLoginPace(now) });
  mountBoard(server, deps.board, sessions, now, deps.viewed);
}
