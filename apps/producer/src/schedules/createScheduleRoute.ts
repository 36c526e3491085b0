import { inTenant } from '@sluice/fleet/postgres/ledger';
import type { InsertedSchedule, ScheduleRow } from '@sluice/fleet/postgres/queries/schedules';
import { insertSchedule } from '@sluice/fleet/postgres/queries/schedules';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { TaskChecks } from '../accept/ga4Properties.js';
import type { ApiServer } from '../http/apiServer.js';
import { tenantCallerOf } from '../http/apiServer.js';
import { creatingHeadersSchema, refusals } from '../http/responses.js';
import { prepareSchedule } from './prepareSchedule.js';
import { toSchedule } from './presentSchedule.js';
import { MAX_SCHEDULES, scheduleBodySchema, scheduleSchema } from './scheduleContract.js';
import type { ScheduleDeps } from './scheduleRoutes.js';

/** `POST /api/v1/schedules`. */
export function addCreateScheduleRoute(server: ApiServer, deps: ScheduleDeps & { readonly checks: TaskChecks }): void {
  server.post(
    '/api/v1/schedules',
    {
      config: { access: 'submit', creates: true },
      schema: {
        tags: ['schedules'],
        summary: 'Create a schedule: run a job by a cron expression or at an interval',
        headers: creatingHeadersSchema,
        body: scheduleBodySchema,
        response: { 201: scheduleSchema, ...refusals(404, 409, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const { tenantId, role, submitter } = tenantCallerOf(request);
      // Runs of a schedule go ahead of all submitted jobs, so no priority rule applies to them.
      const submission = { id: request.seed, tenantId, role, submitter, priorityRules: null, recentJobs: 0 };
      const schedule = prepareSchedule(submission, request.body, deps);
      await deps.checks.get(schedule.task)?.(schedule);
      const inserted = await inTenant(deps.ledger, tenantId, (db) => insertSchedule(db, schedule, MAX_SCHEDULES));
      const row = rowOf(inserted);
      const nextRunMs = await makeScheduler(row, deps);
      reply.code(201).header('location', `/api/v1/schedules/${row.id}`);
      return toSchedule(row, { nextRunMs, lastJob: null }, deps.now());
    },
  );
}

function rowOf(inserted: InsertedSchedule): ScheduleRow {
  switch (inserted.kind) {
    case 'inserted':
    case 'known':
      return inserted.row;
    case 'full':
      throw new FleetError('limit_reached', `A tenant may have at most ${MAX_SCHEDULES} schedules. Delete one first.`);
    case 'no-tenant':
      throw new FleetError('not_found', 'There is no such tenant.');
  }
}

/**
 * Creates the schedule's BullMQ scheduler; if Redis is unavailable the scaler creates it later, since the ledger has
 * the schedule. One that exists already, from an earlier identical request, stays unchanged.
 * @returns the first run, unix ms; null until the scheduler exists
 */
async function makeScheduler(row: ScheduleRow, { schedulers, call, log }: ScheduleDeps): Promise<number | null> {
  try {
    return await call(async () => {
      const [known = null] = await schedulers.nextRuns([row]);
      if (known !== null) return known;
      await schedulers.make(row);
      return (await schedulers.nextRuns([row]))[0] ?? null;
    });
  } catch (err) {
    log.warn(
      { component: 'schedules', event: 'schedule_not_added', err, scheduleId: row.id },
      'failed to add a schedule to Redis: the scaler adds it later',
    );
    return null;
  }
}
