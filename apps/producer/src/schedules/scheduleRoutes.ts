import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { inTenant } from '@sluice/fleet/postgres/ledger';
import type { ScheduleRow } from '@sluice/fleet/postgres/queries/schedules';
import { deleteSchedule, findLatestJob, findSchedule, listSchedules } from '@sluice/fleet/postgres/queries/schedules';
import type { LaneSchedulers, PlacedSchedule } from '@sluice/fleet/queue/add/laneSchedulers';
import { queueJobBeginning } from '@sluice/shared/domain/schedule';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { isId } from '@sluice/shared/ids/ids';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import { z } from 'zod';
import { mayCancel } from '../http/access.js';
import type { ApiServer } from '../http/apiServer.js';
import { tenantCallerOf } from '../http/apiServer.js';
import { idParamsSchema, refusals, tenantHeadersSchema } from '../http/responses.js';
import type { RedisCall } from '../stores/redisCall.js';
import { toSchedule, toScheduleSummary } from './presentSchedule.js';
import { scheduleListQuerySchema, scheduleSchema, scheduleSummarySchema } from './scheduleContract.js';

/** Dependencies of the schedule routes. */
export interface ScheduleDeps {
  readonly ledger: Ledger;
  readonly schedulers: LaneSchedulers;
  readonly call: RedisCall;
  readonly log: Log;
  readonly tasks: Pick<TaskCatalogue, 'find'>;
  readonly now: () => number;
}

const scheduleListSchema = z.object({
  schedules: z.array(scheduleSummarySchema),
  nextCursor: z.uuid().nullable().meta({ description: 'Cursor of the next page; null on the last' }),
});

/** `GET /api/v1/schedules`, and `GET` and `DELETE` of `/api/v1/schedules/:id`. */
export function addScheduleRoutes(server: ApiServer, deps: ScheduleDeps): void {
  addListRoute(server, deps);
  server.get(
    '/api/v1/schedules/:id',
    {
      config: { access: 'read' },
      schema: {
        tags: ['schedules'],
        summary: 'Read a schedule, with its next run and its latest job',
        headers: tenantHeadersSchema,
        params: idParamsSchema,
        response: { 200: scheduleSchema, ...refusals(404) },
      },
    },
    async (request) => {
      const { tenantId } = tenantCallerOf(request);
      const row = await findOrRefuse(deps.ledger, tenantId, request.params.id);
      const [[nextRunMs = null], lastJob] = await Promise.all([
        readNextRuns([row], deps),
        inTenant(deps.ledger, tenantId, (db) => findLatestJob(db, tenantId, queueJobBeginning(row.id))),
      ]);
      return toSchedule(row, { nextRunMs, lastJob }, deps.now());
    },
  );
  addDeleteRoute(server, deps);
}

function addListRoute(server: ApiServer, deps: ScheduleDeps): void {
  server.get(
    '/api/v1/schedules',
    {
      config: { access: 'read' },
      schema: {
        tags: ['schedules'],
        summary: "List the tenant's schedules, newest first",
        headers: tenantHeadersSchema,
        querystring: scheduleListQuerySchema,
        response: { 200: scheduleListSchema, ...refusals() },
      },
    },
    async (request) => {
      const { tenantId } = tenantCallerOf(request);
      const { cursor, limit } = request.query;
      const found = await inTenant(deps.ledger, tenantId, (db) =>
        listSchedules(db, tenantId, { cursor, limit: limit + 1 }),
      );
      const page = found.slice(0, limit);
      const nextRuns = await readNextRuns(page, deps);
      return {
        schedules: page.map((row, index) => toScheduleSummary(row, nextRuns[index] ?? null)),
        nextCursor: found.length > limit ? (page.at(-1)?.id ?? null) : null,
      };
    },
  );
}

function addDeleteRoute(server: ApiServer, deps: ScheduleDeps): void {
  server.delete(
    '/api/v1/schedules/:id',
    {
      config: { access: 'cancel' },
      schema: {
        tags: ['schedules'],
        summary: 'Delete a schedule: it creates no more jobs; a job that already started continues',
        headers: tenantHeadersSchema,
        params: idParamsSchema,
        response: { 204: z.undefined().meta({ description: 'Deleted' }), ...refusals(404) },
      },
    },
    async (request, reply) => {
      const caller = tenantCallerOf(request);
      const row = await findOrRefuse(deps.ledger, caller.tenantId, request.params.id);
      if (!mayCancel(caller, row))
        throw new FleetError('forbidden', 'Only an admin or owner may delete schedules of others.');
      const deleted = await inTenant(deps.ledger, caller.tenantId, (db) => deleteSchedule(db, caller.tenantId, row.id));
      await removeScheduler(row, deps);
      if (!deleted) throw notThere();
      return reply.code(204).send(undefined);
    },
  );
}

/** Best effort: the ledger has deleted the schedule, so it no longer runs; the scaler removes what remains in Redis. */
async function removeScheduler(row: PlacedSchedule, { schedulers, call, log }: ScheduleDeps): Promise<void> {
  try {
    await call(() => schedulers.remove(row));
  } catch (err) {
    log.warn(
      { component: 'schedules', event: 'schedule_not_removed', err, scheduleId: row.id },
      'failed to remove a deleted schedule from Redis: the scaler removes it later',
    );
  }
}

/** The next run of each schedule; unknown while Redis is down, never an error. */
async function readNextRuns(
  rows: readonly PlacedSchedule[],
  { schedulers, call }: ScheduleDeps,
): Promise<(number | null)[]> {
  try {
    return await call(() => schedulers.nextRuns(rows));
  } catch {
    return rows.map(() => null);
  }
}

async function findOrRefuse(ledger: Ledger, tenantId: string, id: string): Promise<ScheduleRow> {
  const row = isId(id) ? await inTenant(ledger, tenantId, (db) => findSchedule(db, tenantId, id)) : null;
  if (row === null) throw notThere();
  return row;
}

function notThere(): FleetError {
  return new FleetError('not_found', 'There is no such schedule.');
}
