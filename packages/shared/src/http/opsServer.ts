import type { FastifyInstance } from 'fastify';
import Fastify from 'fastify';
import type { Registry } from 'prom-client';
import type { Service } from '../lifecycle/service.js';
import { within } from '../lifecycle/within.js';

/** Tells whether a process can do its work now. */
export type Readiness = () => Promise<{ readonly ready: boolean; readonly checks: Readonly<Record<string, boolean>> }>;

/** Adds `/livez`, `/readyz` and `/metrics` to a server. No answer tells a secret or an address. */
export function addOpsRoutes(server: FastifyInstance, registry: Registry, readiness: Readiness): void {
  server.get('/livez', { schema: { hide: true } as object }, async () => ({ status: 'ok' }));
  server.get('/readyz', { schema: { hide: true } as object }, async (_request, reply) => {
    const { ready, checks } = await readiness();
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', checks });
  });
  server.get('/metrics', { schema: { hide: true } as object }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}

/** The server of a process that serves nothing else, on its ops port. */
export interface OpsServer extends Service {
  /** Where it listens, such as `http://127.0.0.1:43210`; empty before `start`. */
  url(): string;
}

/** Serves probes and metrics. */
export function createOpsServer(
  config: { readonly host: string; readonly port: number },
  registry: Registry,
  readiness: Readiness,
): OpsServer {
  const server = Fastify({ forceCloseConnections: true });
  addOpsRoutes(server, registry, readiness);
  let url = '';
  return {
    name: 'ops',
    url: () => url,
    async start() {
      url = await server.listen(config);
    },
    async stop() {
      await server.close();
    },
  };
}

/** Runs checks at once; a check that throws or takes over a second counts as failed. */
export function createReadiness(checks: Readonly<Record<string, () => Promise<unknown>>>): Readiness {
  return async () => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]): Promise<[string, boolean]> => [name, await answers(check)]),
    );
    return { ready: results.every(([, ok]) => ok), checks: Object.fromEntries(results) };
  };
}

async function answers(check: () => Promise<unknown>): Promise<boolean> {
  try {
    await within(1_000, check(), () => new Error('late'));
    return true;
  } catch {
    return false;
  }
}
