import type { Ledger } from '@sluice/fleet/postgres/ledger';
import type { TenantAnalysis } from '@sluice/fleet/postgres/queries/analyseFleet';
import { analyseFleet } from '@sluice/fleet/postgres/queries/analyseFleet';
import { analyseJobs } from '@sluice/fleet/postgres/queries/analyseJobs';
import { findSlotsGiven } from '@sluice/fleet/postgres/queries/slotsGiven';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { z } from 'zod';
import { findBottleneck } from '../domain/bottleneck.js';
import type { ApiServer } from '../http/apiServer.js';
import { tenantCallerOf } from '../http/apiServer.js';
import { refusals, tenantHeadersSchema } from '../http/responses.js';
import { rangeQuerySchema, readRange, readSteps, stepsQuerySchema } from './analysedRange.js';
import { analysisSchema, bottleneckSchema } from './analysisSchema.js';
import { describeAnalysis } from './describeAnalysis.js';

/** Dependencies of the analytics routes. */
export interface AnalyticsDeps {
  readonly ledger: Ledger;
  readonly config: { readonly slot: { readonly concurrency: number } };
  readonly now: () => number;
}

const fleetQuerySchema = rangeQuerySchema.extend({
  rank: z.enum(['wait', 'backlog', 'failures']).default('wait').meta({ description: 'Criterion for the worst' }),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

const count = z.int();
const ms = z.number().nullable();
const fleetSchema = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  tenants: z.array(
    z.object({
      tenantId: z.string(),
      accepted: count,
      completed: count,
      dead: count,
      failed: count.meta({ description: 'Attempts that failed' }),
      deferred: count.meta({ description: 'Attempts deferred by upstreams' }),
      waiting: count,
      waitAvgMs: ms,
      waitP90Ms: ms,
      serviceP90Ms: ms,
      bottleneck: bottleneckSchema,
    }),
  ),
});

/** Concurrent analyses in this process: each may occupy a connection to the ledger for a second or two. */
const MAX_AT_ONCE = 3;

/** Limits concurrency; callers over the limit are asked to retry later. */
function createGate(): <Answer>(work: () => Promise<Answer>) => Promise<Answer> {
  let running = 0;
  return async (work) => {
    if (running >= MAX_AT_ONCE) {
      throw new ProblemError('unavailable', 'Too many analytics requests are in progress.', { retryAfterSeconds: 2 });
    }
    running++;
    try {
      return await work();
    } finally {
      running--;
    }
  };
}

/** `GET /api/v1/analytics` and `GET /api/v1/admin/analytics`. */
export function addAnalyticsRoutes(server: ApiServer, { ledger, config, now }: AnalyticsDeps): void {
  const gate = createGate();
  server.get(
    '/api/v1/analytics',
    {
      config: { access: 'read' },
      schema: {
        tags: ['analytics'],
        summary: "The tenant's jobs over time: queue length, waits, success rate, retries and the bottleneck",
        headers: tenantHeadersSchema,
        querystring: stepsQuerySchema.extend({ task: z.string().max(100).optional() }),
        response: { 200: analysisSchema, ...refusals() },
      },
    },
    async (request) => {
      const { tenantId } = tenantCallerOf(request);
      const { task = null, ...query } = request.query;
      const range = readSteps(query, now());
      const [analysis, slots] = await gate(() =>
        Promise.all([
          ledger((db) => analyseJobs(db, tenantId, { ...range, task })),
          ledger((db) => findSlotsGiven(db, tenantId, new Date(range.toMs))),
        ]),
      );
      return describeAnalysis(range, analysis, slots, config.slot.concurrency);
    },
  );
  server.get(
    '/api/v1/admin/analytics',
    {
      config: { access: 'operate' },
      schema: {
        tags: ['admin'],
        summary: 'The tenants with the worst waits, backlogs or failures in a range',
        querystring: fleetQuerySchema,
        response: { 200: fleetSchema, ...refusals() },
      },
    },
    async (request) => {
      const { rank, limit, ...query } = request.query;
      const range = readRange(query, now());
      const tenants = await gate(() => ledger((db) => analyseFleet(db, range, rank, limit)));
      return {
        from: new Date(range.fromMs).toISOString(),
        to: new Date(range.toMs).toISOString(),
        tenants: tenants.map((one) => ({ ...one, bottleneck: bottleneckOf(one) })),
      };
    },
  );
}

/** Does not consider each tenant's slots: the analytics of a single tenant show whether those are busy. */
function bottleneckOf({ completed, failed, deferred, waiting, waitP90Ms, serviceP90Ms }: TenantAnalysis) {
  return findBottleneck({
    completed,
    failed,
    deferred,
    waitP90Ms,
    serviceP90Ms,
    waiting,
    busyShare: null,
    heldBack: 0,
  });
}
