import type { NewJob } from '@sluice/fleet/postgres/queries/insertJobs';
import type { Ga4Properties } from '@sluice/ga4';
import { ga4PropertyIdSchema, ga4PropertyRefusal, ga4RunReport } from '@sluice/ga4';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { z } from 'zod';
import type { Acceptor } from './acceptJob.js';

/** Holds reports to the properties that the operator gave their tenant. */
export interface Ga4PropertyGuard {
  /**
   * Refuses a report of another property; jobs of other tasks pass at once.
   * @param pointer where the request names the property
   * @throws ProblemError `forbidden`, naming the field and what to do
   */
  assertMayRead(job: Pick<NewJob, 'tenantId' | 'task' | 'data'>, pointer?: string): Promise<void> | undefined;
}

/** The properties that a tenant was given; null when there is no such tenant. */
export type GivenProperties = (tenantId: string) => Promise<Ga4Properties | null>;

/** Where a job names its property. */
const IN_JOB = '/data/propertyId';

const dataSchema = z.object({ propertyId: ga4PropertyIdSchema });

/**
 * Refuses before anything is accepted; the worker looks again.
 * @param anyProperty whether the fleet is of one tenant, who may read all that its credential can
 */
export function createGa4PropertyGuard(given: GivenProperties, anyProperty: boolean): Ga4PropertyGuard {
  async function assertMayRead({ tenantId, data }: Pick<NewJob, 'tenantId' | 'data'>, pointer: string): Promise<void> {
    const { propertyId } = dataSchema.parse(data);
    const message = ga4PropertyRefusal(tenantId, propertyId, await given(tenantId));
    if (message === null) return;
    throw new ProblemError('forbidden', message, { members: { errors: [{ pointer, message }] } });
  }

  return {
    assertMayRead(job, pointer = IN_JOB) {
      return anyProperty || job.task !== ga4RunReport.name ? undefined : assertMayRead(job, pointer);
    },
  };
}

/** Accepts no report of a property that is another's, whichever way it comes. */
export function holdToProperties(acceptor: Acceptor, guard: Ga4PropertyGuard): Acceptor {
  return {
    ...acceptor,
    accept(job, turn) {
      const checked = guard.assertMayRead(job.row);
      if (checked === undefined) return acceptor.accept(job, turn);
      const accepted = checked.then(() => acceptor.accept(job, turn));
      // Those behind it in its batch wait for its turn.
      return accepted.finally(() => turn?.pass());
    },
  };
}
