import { JOB_STATES } from '@sluice/shared/contracts/jobStates';
import { DURABILITIES } from '@sluice/shared/contracts/jobs';
import { z } from 'zod';
import { checkGa4Report, ga4ReportShape } from './ga4RunReport.js';

const shownQuotaStatus = z.object({ consumed: z.int(), remaining: z.int() }).nullable();

/** A report as returned to its submitter. */
export const ga4ReportResultSchema = z.object({
  propertyId: z.string(),
  dimensions: z.array(z.string()),
  metrics: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z
    .array(z.record(z.string(), z.union([z.string(), z.number()])))
    .meta({ description: 'By name: dimensions as text, metrics as numbers' }),
  rowCount: z.int().meta({ description: 'Rows of the whole report, regardless of limit and offset' }),
  propertyQuota: z
    .object({
      tokensPerDay: shownQuotaStatus,
      tokensPerHour: shownQuotaStatus,
      tokensPerProjectPerHour: shownQuotaStatus,
      concurrentRequests: shownQuotaStatus,
      serverErrorsPerProjectPerHour: shownQuotaStatus,
      potentiallyThresholdedRequestsPerHour: shownQuotaStatus,
    })
    .nullable(),
  metadata: z.object({
    currencyCode: z.string().nullable(),
    timeZone: z.string().nullable(),
    emptyReason: z.string().nullable(),
    dataLossFromOtherRow: z.boolean(),
    subjectToThresholding: z.boolean(),
  }),
});

/** A report as returned to its submitter. */
export type Ga4ReportResult = z.infer<typeof ga4ReportResultSchema>;

/** Body of `POST /api/v1/ga4/reports`: the report and its priority. */
export const ga4ReportBodySchema = z
  .strictObject({
    ...ga4ReportShape,
    priority: z.int().min(0).max(100).default(50).meta({ description: 'Higher runs sooner' }),
    dedupeKey: z.string().min(1).max(200).optional(),
    durability: z.enum(DURABILITIES).default('ledger'),
  })
  .superRefine((body, context) => checkGa4Report(body, context));

/** Response to a report that has to wait. */
export const ga4ReportQueuedSchema = z.object({
  id: z.uuid(),
  state: z.enum(JOB_STATES),
  position: z.int().nullable().meta({ description: '1 is next; null when not waiting' }),
  estimatedWaitMs: z.int().nullable(),
  estimatedWaitP90Ms: z.int().nullable().meta({ description: '90th percentile of the wait, in ms' }),
  message: z.string().meta({ description: 'Human-readable', example: 'Position 3 in queue, ~90s wait' }),
});
