import { DEFAULT_CIRCUIT } from '@sluice/shared/contracts/circuit';
import { DEFAULT_RETRY_POLICY } from '@sluice/shared/contracts/retryPolicy';
import { defineTask } from '@sluice/tasks';
import { z } from 'zod';
import { isBackwards, readGa4Date } from './ga4Date.js';
import { ga4FilterExpressionSchema, ga4NameSchema, ga4OrderBySchema } from './ga4Filter.js';
import { ga4Parts } from './ga4Parts.js';
import { ga4PropertyIdSchema } from './ga4Property.js';

/** GA4's own limits of a report. */
const MAX_GA4_DIMENSIONS = 9;
const MAX_GA4_METRICS = 10;

/** Default row limit of a report. */
export const DEFAULT_GA4_ROWS = 1_000;

const DAY_MS = 86_400_000;

/** Maximum rows of one result: more would exceed its 256 KiB even with the narrowest rows. */
const MAX_ROWS = 25_000;

const dateSchema = z
  .string()
  .max(20)
  .refine((text) => readGa4Date(text) !== null, 'must be YYYY-MM-DD, today, yesterday or NdaysAgo')
  .meta({ description: "YYYY-MM-DD, today, yesterday or NdaysAgo, in the property's time zone", example: '7daysAgo' });

/** Fields of a report, shared by a job's data and the body of `POST /api/v1/ga4/reports`. */
export const ga4ReportShape = {
  propertyId: ga4PropertyIdSchema,
  report: z.enum(['page_views', 'run_report']).meta({
    description: 'page_views: views and users by date and page. run_report: the given dimensions and metrics',
  }),
  startDate: dateSchema,
  endDate: dateSchema,
  dimensions: z.array(ga4NameSchema).max(MAX_GA4_DIMENSIONS).optional(),
  metrics: z.array(ga4NameSchema).min(1).max(MAX_GA4_METRICS).optional(),
  dimensionFilter: ga4FilterExpressionSchema.optional(),
  metricFilter: ga4FilterExpressionSchema.optional(),
  orderBys: z.array(ga4OrderBySchema).max(10).optional(),
  keepEmptyRows: z.boolean().optional(),
  currencyCode: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be three letters (ISO 4217), such as EUR')
    .optional(),
  limit: z.int().min(1).max(MAX_ROWS).default(DEFAULT_GA4_ROWS).meta({ description: 'Maximum rows; page with offset' }),
  offset: z.int().min(0).max(1_000_000_000).default(0),
};

/** Fields that only `run_report` may set; `page_views` has its own. */
const OF_RUN_REPORT = ['dimensions', 'metrics', 'dimensionFilter', 'metricFilter', 'orderBys'] as const;

const plainSchema = z.strictObject(ga4ReportShape);

/** Data of `ga4.run_report`. */
export type Ga4ReportData = z.infer<typeof plainSchema>;

/** Validates what spans several fields of a report: for every schema with {@link ga4ReportShape}. */
export function checkGa4Report(data: Ga4ReportData, context: z.RefinementCtx): void {
  const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
  const [start, end] = [readGa4Date(data.startDate), readGa4Date(data.endDate)];
  if (start !== null && end !== null && isBackwards(start, end)) refuse('endDate', 'must not be before startDate');
  if (data.report === 'page_views') {
    for (const name of OF_RUN_REPORT) {
      if (data[name] !== undefined) refuse(name, 'is for the report run_report; page_views has its own');
    }
    return;
  }
  if (data.metrics === undefined) refuse('metrics', 'Is required for the report run_report');
  const names = [...(data.dimensions ?? []), ...(data.metrics ?? [])];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) refuse('metrics', `names ${twice} twice, among dimensions and metrics`);
}

/** Data of `ga4.run_report`: the report and its property. */
export const ga4ReportDataSchema = plainSchema.superRefine(checkGa4Report);

/** Number of dimensions, and of metrics, in `page_views`. */
const OF_PAGE_VIEWS = 2;

/**
 * Points of a report, from what increases Google's token count: 30 for each dimension, 10 for each metric, 1 for each
 * day and for each hundred rows. A week of page views, with a limit of a thousand rows, comes to 97. Pure.
 */
export function ga4Complexity(data: Ga4ReportData, nowMs: number): number {
  const dimensions = data.report === 'page_views' ? OF_PAGE_VIEWS : (data.dimensions?.length ?? 0);
  const metrics = data.report === 'page_views' ? OF_PAGE_VIEWS : (data.metrics?.length ?? 0);
  return 30 * dimensions + 10 * metrics + daysOf(data, nowMs) + data.limit / 100;
}

function daysOf({ startDate, endDate }: Ga4ReportData, nowMs: number): number {
  const [start, end] = [readGa4Date(startDate), readGa4Date(endDate)].map((date) => {
    if (date === null) return nowMs;
    return date.kind === 'day' ? date.utcMs : nowMs - date.daysAgo * DAY_MS;
  });
  return Math.max(1, Math.ceil(((end ?? nowMs) - (start ?? nowMs)) / DAY_MS) + 1);
}

/** Runs a report on a Google Analytics property. */
export const ga4RunReport = defineTask({
  name: 'ga4.run_report',
  summary: 'Run a report of a Google Analytics 4 property (Data API v1beta)',
  queueClass: 'ga4',
  data: ga4ReportDataSchema,
  timeoutMs: 60_000,
  retry: DEFAULT_RETRY_POLICY,
  complexity: ga4Complexity,
  upstream: {
    name: 'ga4',
    quota: { callsPerWindow: 50, windowMs: 3_600_000, callsAtATime: 10 },
    circuit: DEFAULT_CIRCUIT,
    parts: ga4Parts,
  },
});
