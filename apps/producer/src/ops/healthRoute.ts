import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { countBacklog } from '@sluice/fleet/postgres/queries/countBacklog';
import type { RedisService } from '@sluice/fleet/redis/connect';
import { createShortCache } from '@sluice/shared/lifecycle/shortCache';
import { z } from 'zod';
import type { ApiServer } from '../http/apiServer.js';
import type { RedisCall } from '../stores/redisCall.js';

const partSchema = z.enum(['healthy', 'unhealthy']);

const healthSchema = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  database: partSchema,
  redis: partSchema,
  queue_depth: z.int().nullable().meta({ description: 'Unfinished jobs that are not running; null when unknown' }),
  queue_pending: z.int().nullable().meta({ description: 'Running jobs' }),
});

/** How long counts of the whole ledger are cached, in ms. */
const COUNTS_MS = 1_000;

/** Dependencies of the health route. */
export interface HealthDeps {
  readonly ledger: Ledger;
  readonly call: RedisCall;
  readonly client: RedisService['client'];
  readonly now: () => number;
}

/** `GET /health`: degraded without Redis, since jobs are still accepted; unhealthy without the ledger. */
export function addHealthRoute(server: ApiServer, { ledger, call, client, now }: HealthDeps): void {
  const readBacklog = createShortCache(() => ledger(countBacklog), COUNTS_MS, now);
  server.get(
    '/health',
    {
      schema: {
        tags: ['operations'],
        summary: 'Whether the fleet accepts jobs, and how many it holds',
        response: { 200: healthSchema, 503: healthSchema },
      },
    },
    async (_request, reply) => {
      const [database, counted, redis] = await Promise.all([
        ledger((db) => db.$client.query('SELECT 1')).then(
          () => true,
          () => false,
        ),
        readBacklog('').catch(() => null),
        call(() => client.ping()).then(
          () => true,
          () => false,
        ),
      ]);
      const status = !database ? 'unhealthy' : redis ? 'healthy' : 'degraded';
      const backlog = database ? counted : null;
      return reply.code(database ? 200 : 503).send({
        status,
        database: database ? 'healthy' : 'unhealthy',
        redis: redis ? 'healthy' : 'unhealthy',
        queue_depth: backlog?.waiting ?? null,
        queue_pending: backlog?.active ?? null,
      });
    },
  );
}
