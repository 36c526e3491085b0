import { createHash } from 'node:crypto';
import type { Ga4FilterExpression } from '@sluice/ga4/internal';
import { readGa4Date } from '@sluice/ga4/internal';

const DAY_MS = 86_400_000;

/** Most days that one report covers here. */
const MAX_DAYS = 400;

/** Values of the dimensions that the server knows, besides `date`. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  pagePath: ['/', '/about', '/blog', '/blog/queues', '/contact', '/pricing'],
  pageTitle: ['Home', 'About', 'Blog', 'Pricing'],
  country: ['Austria', 'Brazil', 'Germany', 'Japan', 'United States'],
  deviceCategory: ['desktop', 'mobile', 'tablet'],
  eventName: ['page_view', 'scroll', 'session_start'],
  sessionSource: ['(direct)', 'google', 'newsletter'],
};

/** GA4's types of the metrics that the server knows. */
export const METRIC_TYPES: Readonly<Record<string, 'TYPE_INTEGER' | 'TYPE_FLOAT' | 'TYPE_SECONDS'>> = {
  screenPageViews: 'TYPE_INTEGER',
  activeUsers: 'TYPE_INTEGER',
  newUsers: 'TYPE_INTEGER',
  sessions: 'TYPE_INTEGER',
  eventCount: 'TYPE_INTEGER',
  bounceRate: 'TYPE_FLOAT',
  averageSessionDuration: 'TYPE_SECONDS',
};

/** Whether the server knows a dimension. */
export function isDimension(name: string): boolean {
  return name === 'date' || Object.hasOwn(VALUES, name);
}

/** One row before it is put into the protocol's form. */
export type PlainRow = ReadonlyMap<string, string>;

/** A query as far as rows depend on it. */
export interface RowQuery {
  readonly property: string;
  readonly startDate: string;
  readonly endDate: string;
  readonly dimensions: readonly string[];
  readonly metrics: readonly string[];
  readonly dimensionFilter: Ga4FilterExpression | undefined;
}

/** The first and last day that a range means, as UTC midnights in ms; null when it ends before it starts. */
export function daysOf(start: string, end: string, nowMs: number): readonly [number, number] | null {
  const [first, last] = [start, end].map((text) => {
    const date = readGa4Date(text);
    if (date === null) throw new RangeError(text);
    return date.kind === 'day' ? date.utcMs : nowMs - (nowMs % DAY_MS) - date.daysAgo * DAY_MS;
  }) as [number, number];
  return first > last ? null : [first, last];
}

/** The rows of a query: every combination of its dimensions' values, each with numbers that only the seed decides. */
export function rowsOf(query: RowQuery, [first, last]: readonly [number, number], seed: number): PlainRow[] {
  const days = Math.min((last - first) / DAY_MS + 1, MAX_DAYS);
  const dates = Array.from({ length: days }, (_, day) =>
    new Date(first + day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', ''),
  );
  let rows: [string, string][][] = [[]];
  for (const name of query.dimensions) {
    const values = name === 'date' ? dates : (VALUES[name] ?? []);
    rows = rows.flatMap((row) => values.map((value) => [...row, [name, value] as [string, string]]));
  }
  return rows
    .filter((row) => query.dimensionFilter === undefined || passes(new Map(row), query.dimensionFilter))
    .map((row) => {
      const where = [seed, query.property, ...row.flat(), ...(query.dimensions.includes('date') ? [] : [first, last])];
      return new Map([...row, ...query.metrics.map((name) => [name, numberOf(name, where)] as const)]);
    });
}

function numberOf(metric: string, where: readonly (string | number)[]): string {
  const drawn = createHash('sha256')
    .update(JSON.stringify([metric, ...where]))
    .digest()
    .readUInt32BE(0);
  if (METRIC_TYPES[metric] === 'TYPE_INTEGER') return String(drawn % 5_000);
  return String((drawn % 1_000_000) / (metric === 'bounceRate' ? 1_000_000 : 1_000));
}

function passes(row: PlainRow, { andGroup, orGroup, notExpression, filter }: Ga4FilterExpression): boolean {
  if (andGroup !== undefined) return andGroup.expressions.every((expression) => passes(row, expression));
  if (orGroup !== undefined) return orGroup.expressions.some((expression) => passes(row, expression));
  if (notExpression !== undefined) return !passes(row, notExpression);
  const value = row.get(filter?.fieldName ?? '') ?? '';
  if (filter?.inListFilter !== undefined) return filter.inListFilter.values.includes(value);
  const { matchType = 'EXACT', value: wanted = '' } = filter?.stringFilter ?? {};
  switch (matchType) {
    case 'BEGINS_WITH':
      return value.startsWith(wanted);
    case 'ENDS_WITH':
      return value.endsWith(wanted);
    case 'CONTAINS':
      return value.includes(wanted);
    case 'EXACT':
      return value === wanted;
    default:
      throw new RangeError(matchType);
  }
}
