import type { NewJob } from '@sluice/fleet/postgres/queries/insertJobs';
import type { Ga4Properties } from '@sluice/ga4';
import { ga4PropertyIdSchema, ga4PropertyRefusal, ga4RunReport } from '@sluice/ga4';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { z } from 'zod';

/**
 * Rejects a job before any of it is written.
 * @param pointer JSON pointer to the rejected field, when it is not in a job's data
 * @throws ProblemError `forbidden`, naming the field and what to do
 */
export type TaskCheck = (job: Pick<NewJob, 'tenantId' | 'data'>, pointer?: string) => Promise<void>;

/** The checks by task name; jobs of all other tasks pass. */
export type TaskChecks = ReadonlyMap<string, TaskCheck>;

/** The properties granted to a tenant; null when the tenant does not exist. */
export type GrantedProperties = (tenantId: string) => Promise<Ga4Properties | null>;

const dataSchema = z.object({ propertyId: ga4PropertyIdSchema });

/**
 * The checks of the built-in tasks: a tenant may only report on the properties that the operator granted to it. The
 * worker checks again before the call.
 * @param anyProperty whether the fleet has a single tenant, which may read everything its credential can
 */
export function createTaskChecks(granted: GrantedProperties, anyProperty: boolean): TaskChecks {
  return new Map(anyProperty ? [] : [[ga4RunReport.name, createPropertyCheck(granted)]]);
}

function createPropertyCheck(granted: GrantedProperties): TaskCheck {
  return async ({ tenantId, data }, pointer = '/data/propertyId') => {
    const { propertyId } = dataSchema.parse(data);
    const message = ga4PropertyRefusal(tenantId, propertyId, await granted(tenantId));
    if (message === null) return;
    throw new ProblemError('forbidden', message, { members: { errors: [{ pointer, message }] } });
  };
}
