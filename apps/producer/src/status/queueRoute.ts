import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { inTenant } from '@sluice/fleet/postgres/ledger';
import type { UnfinishedCount } from '@sluice/fleet/postgres/queries/countUnfinished';
import { countUnfinished } from '@sluice/fleet/postgres/queries/countUnfinished';
import { readDesiredSlots } from '@sluice/fleet/redis/commands/fleetTable';
import { readLiveWorkers } from '@sluice/fleet/redis/commands/processes';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import type { EstimateReader, LaneFacts } from '@sluice/fleet/wait/waitEstimates';
import { waitInLane } from '@sluice/fleet/wait/waitEstimates';
import { callsLeft, refillsInMs, restsForMs } from '@sluice/limits';
import { circuitStateSchema } from '@sluice/shared/contracts/circuit';
import { JOB_STATES } from '@sluice/shared/contracts/jobStates';
import { ZONES } from '@sluice/shared/contracts/jobs';
import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';
import { quotaLeftSchema } from '@sluice/shared/contracts/upstreamQuota';
import { FLOOR_SLOTS } from '@sluice/shared/domain/placement';
import { zoneOf } from '@sluice/shared/domain/zone';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import { z } from 'zod';
import type { ApiServer } from '../http/apiServer.js';
import { tenantCallerOf } from '../http/apiServer.js';
import { refusals, tenantHeadersSchema } from '../http/responses.js';
import type { RedisCall } from '../stores/redisCall.js';

const countsSchema = z.partialRecord(z.enum(JOB_STATES), z.int());

const queueSchema = z.object({
  counts: z.object({
    byState: countsSchema,
    byTask: z.record(z.string(), countsSchema),
  }),
  workers: z.object({
    desired: z.int().meta({ description: 'Desired slots' }),
    live: z.int().nullable().meta({ description: 'Slots held by live workers; null when unknown' }),
  }),
  oldestWaitMs: z.int().meta({ description: 'Time since the oldest waiting job was accepted; 0 when none waits' }),
  estimatedWaitMs: z.int().nullable().meta({ description: 'For a new job, in the busiest lane' }),
  estimatedWaitP90Ms: z.int().nullable(),
  zone: z.enum(ZONES),
  circuit: z
    .array(circuitStateSchema)
    .nullable()
    .meta({ description: 'Of each upstream with a quota; null while unknown' }),
  quota: z
    .array(quotaLeftSchema)
    .nullable()
    .meta({ description: 'Of each upstream that jobs call; null while unknown' }),
});

/** The part of the task catalogue that defines which lanes a tenant can have. */
type LaneClasses = Pick<TaskCatalogue, 'queueClasses' | 'upstreamOfClass'>;

/** Dependencies of the queue route. */
export interface QueueStatusDeps {
  readonly tasks: LaneClasses;
  readonly ledger: Ledger;
  readonly call: RedisCall;
  readonly client: RedisService['client'];
  readonly keys: FleetKeys;
  readonly estimates: EstimateReader;
}

/** Default priority of a job. */
const USUAL_PRIORITY = 50;

/** `GET /api/v1/queue`. */
export function addQueueRoute(server: ApiServer, deps: QueueStatusDeps): void {
  server.get(
    '/api/v1/queue',
    {
      config: { access: 'read' },
      schema: {
        tags: ['queue'],
        summary: "The state of the tenant's queue",
        headers: tenantHeadersSchema,
        response: { 200: queueSchema, ...refusals() },
      },
    },
    async (request) => {
      const { tenantId } = tenantCallerOf(request);
      const [counts, workers, facts] = await Promise.all([
        inTenant(deps.ledger, tenantId, (db) => countUnfinished(db, tenantId)),
        readSlots(tenantId, deps),
        Promise.all(deps.tasks.queueClasses.map((queueClass) => deps.estimates.facts({ tenantId, queueClass }))),
      ]);
      return { ...describeCounts(counts), workers, ...describeLanes(facts, deps.tasks) };
    },
  );
}

/** Every slot is held by a live process as soon as one runs: see `domain/placement.ts`. */
async function readSlots(
  tenantId: string,
  { call, client, keys }: QueueStatusDeps,
): Promise<{ desired: number; live: number | null }> {
  try {
    const [slots, live] = await call(() =>
      Promise.all([readDesiredSlots(client, keys, tenantId), readLiveWorkers(client, keys)]),
    );
    const desired = slots ?? FLOOR_SLOTS;
    return { desired, live: live.length > 0 ? desired : 0 };
  } catch {
    return { desired: FLOOR_SLOTS, live: null };
  }
}

/** Counts by state and by task, and the age of the oldest runnable job. Pure. */
function describeCounts(
  counts: readonly UnfinishedCount[],
): Pick<z.infer<typeof queueSchema>, 'counts' | 'oldestWaitMs'> {
  const byState: z.infer<typeof countsSchema> = {};
  const byTask: Record<string, z.infer<typeof countsSchema>> = {};
  let oldestMs = 0;
  for (const { state, task, count, oldestMs: ageMs } of counts) {
    byState[state] = (byState[state] ?? 0) + count;
    byTask[task] = { ...byTask[task], [state]: count };
    if (state === 'queued' || state === 'accepted') oldestMs = Math.max(oldestMs, ageMs);
  }
  return { counts: { byState, byTask }, oldestWaitMs: Math.round(oldestMs) };
}

function describeLanes(
  facts: readonly (LaneFacts | null)[],
  tasks: LaneClasses,
): Pick<z.infer<typeof queueSchema>, 'estimatedWaitMs' | 'estimatedWaitP90Ms' | 'zone' | 'quota' | 'circuit'> {
  const seen = facts.filter((lane) => lane !== null);
  if (seen.length < facts.length) {
    return { estimatedWaitMs: null, estimatedWaitP90Ms: null, zone: 'yellow', quota: null, circuit: null };
  }
  const waits = seen.map((lane) => waitInLane(lane.waiting + 1, lane));
  return {
    estimatedWaitMs: longest(waits.map(({ estimatedWaitMs }) => estimatedWaitMs)),
    estimatedWaitP90Ms: longest(waits.map(({ estimatedWaitP90Ms }) => estimatedWaitP90Ms)),
    zone: zoneOf(Math.max(...seen.map(({ waiting }) => waiting)), USUAL_PRIORITY),
    ...describeUpstreams(facts, tasks),
  };
}

/** Quota and circuit are read together: when one is unknown, so is the other. */
function describeUpstreams(
  facts: readonly (LaneFacts | null)[],
  { queueClasses, upstreamOfClass }: LaneClasses,
): Pick<z.infer<typeof queueSchema>, 'quota' | 'circuit'> {
  const isKnown = queueClasses.every(
    (queueClass, index) => upstreamOfClass(queueClass) === null || facts[index]?.quota,
  );
  if (!isKnown) return { quota: null, circuit: null };
  return {
    quota: queueClasses.flatMap((queueClass, index) =>
      describeQuota(upstreamOfClass(queueClass), facts[index] ?? null),
    ),
    circuit: queueClasses.flatMap((queueClass, index) =>
      describeCircuit(upstreamOfClass(queueClass), facts[index] ?? null),
    ),
  };
}

/** The longest wait; null when any of them is unknown. */
function longest(waitsMs: readonly (number | null)[]): number | null {
  return waitsMs.reduce((most, waitMs) => (most === null || waitMs === null ? null : Math.max(most, waitMs)), 0);
}

function describeQuota(upstream: Upstream | null, facts: LaneFacts | null): z.infer<typeof quotaLeftSchema>[] {
  if (upstream === null || facts === null || facts.quota === null) return [];
  const { quota, used } = facts.quota;
  return [
    {
      upstream: upstream.name,
      ...quota,
      left: callsLeft(facts.quota),
      underWay: used.underWay,
      refillsInMs: Math.round(Math.max(facts.pausedMs, refillsInMs(facts.quota))),
    },
  ];
}

function describeCircuit(upstream: Upstream | null, facts: LaneFacts | null): z.infer<typeof circuitStateSchema>[] {
  const circuit = facts?.circuit ?? null;
  if (upstream === null || circuit === null) return [];
  return [{ upstream: upstream.name, state: circuit.sight.kind, probeInMs: Math.round(restsForMs(circuit)) }];
}
