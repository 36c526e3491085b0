import { JOB_STATES } from '@sluice/shared/contracts/jobStates';
import { momentSchema } from '@sluice/shared/contracts/moment';
import { z } from 'zod';
import { defineTask } from '../defineTask.js';

/** Data of `exports.jobs_csv`: which of the tenant's jobs to write. */
export const jobsCsvDataSchema = z.strictObject({
  since: momentSchema.optional().meta({ description: 'Accepted at or after' }),
  until: momentSchema.optional().meta({ description: 'Accepted before' }),
  state: z.enum(JOB_STATES).optional(),
  task: z.string().max(100).optional(),
});

/** Data of `exports.jobs_csv`. */
export type JobsCsvData = z.infer<typeof jobsCsvDataSchema>;

/** Streams the tenant's ledger rows to a CSV file. */
export const exportsJobsCsv = defineTask({
  name: 'exports.jobs_csv',
  summary: "Write the tenant's jobs, oldest first, to a CSV file",
  queueClass: 'exports',
  data: jobsCsvDataSchema,
  timeoutMs: 600_000,
});
