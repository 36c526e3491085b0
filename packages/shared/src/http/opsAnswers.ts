import type { Registry } from 'prom-client';
import type { Readiness } from './readiness.js';

/** A response for operators. It contains neither secrets nor addresses. */
export interface OpsAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** `/livez`, `/readyz` and `/metrics`, for any server. */
export type OpsAnswers = Readonly<Record<string, () => Promise<OpsAnswer>>>;

/** The operational responses of a process, by path. */
export function createOpsAnswers(registry: Registry, readiness: Readiness): OpsAnswers {
  return {
    '/livez': async () => json(200, { status: 'ok' }),
    '/readyz': async () => {
      const { ready, checks } = await readiness();
      return json(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', checks });
    },
    '/metrics': async () => ({ status: 200, contentType: registry.contentType, body: await registry.metrics() }),
  };
}

function json(status: number, value: object): OpsAnswer {
  return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}

/** The part of a Fastify server that is needed, so that a process without one need not install it. */
interface RouteServer {
  get(
    path: string,
    options: { readonly schema: object },
    handler: (request: unknown, reply: RouteReply) => Promise<unknown>,
  ): unknown;
}

interface RouteReply {
  code(status: number): RouteReply;
  type(contentType: string): RouteReply;
  send(body: string): RouteReply;
}

/** Adds the operational routes to a Fastify server, hidden from its API document. */
export function addOpsRoutes(server: RouteServer, registry: Registry, readiness: Readiness): void {
  for (const [path, answerOf] of Object.entries(createOpsAnswers(registry, readiness))) {
    server.get(path, { schema: { hide: true } }, async (_request, reply) => {
      const { status, contentType, body } = await answerOf();
      return reply.code(status).type(contentType).send(body);
    });
  }
}
