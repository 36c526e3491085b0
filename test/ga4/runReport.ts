import { ga4FilterExpressionSchema, readGa4Date } from '@sluice/ga4/internal';
import { z } from 'zod';
import type { GoogleError } from './googleErrors.js';
import { badField, googleError } from './googleErrors.js';
import { misfits } from './protoShape.js';
import type { PlainRow } from './reportRows.js';
import { daysOf, isDimension, METRIC_TYPES, rowsOf } from './reportRows.js';

/** The part of a RunReportRequest that the server acts on; its shape was checked against the protocol before. */
const requestSchema = z.looseObject({
  dateRanges: z.array(z.object({ startDate: z.string(), endDate: z.string() })).length(1),
  dimensions: z.array(z.object({ name: z.string() })).default([]),
  metrics: z.array(z.object({ name: z.string() })).default([]),
  dimensionFilter: z.unknown().optional(),
  orderBys: z
    .array(
      z.object({
        desc: z.boolean().default(false),
        metric: z.object({ metricName: z.string() }).optional(),
        dimension: z.object({ dimensionName: z.string() }).optional(),
      }),
    )
    .default([]),
  limit: z.coerce.number().default(10_000),
  offset: z.coerce.number().default(0),
  returnPropertyQuota: z.boolean().default(false),
});

type ReportRequest = z.infer<typeof requestSchema>;

const METRIC_TYPE_NUMBERS = { TYPE_INTEGER: 1, TYPE_FLOAT: 2, TYPE_SECONDS: 4 } as const;
const MATCH_TYPES = ['', 'EXACT', 'BEGINS_WITH', 'ENDS_WITH', 'CONTAINS', 'FULL_REGEXP', 'PARTIAL_REGEXP'];

/** A request that was read, or why it is refused. */
export type ReadRequest = { readonly request: ReportRequest } | { readonly refused: GoogleError };

/** Reads the body of `:runReport` as strictly as Google does. */
export function readRequest(text: string): ReadRequest {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { refused: googleError('INVALID_ARGUMENT', 'Invalid JSON payload received. Unexpected token.') };
  }
  const [misfit] = misfits('RunReportRequest', body, '');
  if (misfit !== undefined) return { refused: badField('', `Invalid JSON payload received. ${misfit}`) };
  const parsed = requestSchema.safeParse(body);
  if (!parsed.success) return { refused: googleError('INVALID_ARGUMENT', z.prettifyError(parsed.error)) };
  const wrong = whatIsWrong(parsed.data);
  return wrong === null ? { request: parsed.data } : { refused: googleError('INVALID_ARGUMENT', wrong) };
}

const SCHEMA = 'https://developers.google.com/analytics/devguides/reporting/data/v1/api-schema';

function whatIsWrong({ dimensions, metrics, dateRanges, limit }: ReportRequest): string | null {
  const list = `For a list of valid dimensions and metrics, see ${SCHEMA}`;
  const dimension = dimensions.find(({ name }) => !isDimension(name));
  if (dimension !== undefined) return `Field ${dimension.name} is not a valid dimension. ${list}`;
  const metric = metrics.find(({ name }) => !Object.hasOwn(METRIC_TYPES, name));
  if (metric !== undefined) return `Field ${metric.name} is not a valid metric. ${list}`;
  const dates = dateRanges.flatMap(({ startDate, endDate }) => [startDate, endDate]);
  const date = dates.find((text) => readGa4Date(text) === null);
  if (date !== undefined) return `Invalid date: ${date}. Use YYYY-MM-DD, NdaysAgo, yesterday, or today.`;
  if (dimensions.length > 9) return 'Requests are limited to 9 dimensions within a nested request.';
  if (metrics.length > 10) return 'Requests are limited to 10 metrics within a nested request.';
  return limit >= 1 && limit <= 250_000 ? null : 'The limit must be positive and at most 250000.';
}

/** Where the rows come from. */
export interface ReportSource {
  readonly property: string;
  readonly seed: number;
  readonly nowMs: number;
  /** Enums as numbers, as Google's clients ask for by `$alt=json;enum-encoding=int`. */
  readonly numericEnums: boolean;
}

/** The answer to a request: proto3's JSON, which leaves out what is empty or 0. */
export function runReport(request: ReportRequest, source: ReportSource, quota: object): object | GoogleError {
  const [range] = request.dateRanges;
  const days = daysOf(range?.startDate ?? '', range?.endDate ?? '', source.nowMs);
  if (days === null) return googleError('INVALID_ARGUMENT', 'The start date must not be after the end date.');
  const dimensions = request.dimensions.map(({ name }) => name);
  const metrics = request.metrics.map(({ name }) => name);
  const dimensionFilter = request.dimensionFilter === undefined ? undefined : readFilter(request.dimensionFilter);
  const { startDate = '', endDate = '' } = range ?? {};
  const query = { property: source.property, startDate, endDate, dimensions, metrics, dimensionFilter };
  const all = rowsOf(query, days, source.seed).sort((one, other) => compare(one, other, request.orderBys));
  const rows = all.slice(request.offset, request.offset + request.limit).map((row) => ({
    ...(dimensions.length === 0 ? {} : { dimensionValues: dimensions.map((name) => ({ value: row.get(name) ?? '' })) }),
    ...(metrics.length === 0 ? {} : { metricValues: metrics.map((name) => ({ value: row.get(name) ?? '' })) }),
  }));
  const typeOf = (name: string): string | number => {
    const type = METRIC_TYPES[name] ?? 'TYPE_INTEGER';
    return source.numericEnums ? METRIC_TYPE_NUMBERS[type] : type;
  };
  return {
    ...(dimensions.length === 0 ? {} : { dimensionHeaders: dimensions.map((name) => ({ name })) }),
    ...(metrics.length === 0 ? {} : { metricHeaders: metrics.map((name) => ({ name, type: typeOf(name) })) }),
    ...(rows.length === 0 ? {} : { rows }),
    ...(all.length === 0 ? {} : { rowCount: all.length }),
    metadata: { currencyCode: 'USD', timeZone: 'Etc/UTC' },
    ...(request.returnPropertyQuota ? { propertyQuota: quota } : {}),
    kind: 'analyticsData#runReport',
  };
}

/** Clients that ask for numeric enums send them so, too. */
function readFilter(filter: unknown): z.output<typeof ga4FilterExpressionSchema> {
  const named = JSON.stringify(filter, (key, value) =>
    key === 'matchType' && typeof value === 'number' ? MATCH_TYPES[value] : value,
  );
  return ga4FilterExpressionSchema.parse(JSON.parse(named));
}

function compare(one: PlainRow, other: PlainRow, orderBys: ReportRequest['orderBys']): number {
  for (const { desc, metric, dimension } of orderBys) {
    const name = metric?.metricName ?? dimension?.dimensionName ?? '';
    const [left = '', right = ''] = [one.get(name), other.get(name)];
    const order = metric === undefined ? Number(left > right) - Number(left < right) : Number(left) - Number(right);
    if (order !== 0) return desc ? -order : order;
  }
  return 0;
}
