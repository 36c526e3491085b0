import { FleetError } from '@sluice/shared/errors/fleetError';
import type { Ga4ReportResult } from './contract/ga4Report.js';
import { readPropertyQuota } from './ga4Quota.js';
import type { Ga4Answer } from './loadGa4Library.js';

/** Maximum size of a job's result, in bytes of JSON. */
const MAX_RESULT_BYTES = 256 * 1_024;

/**
 * Converts a report for its submitter: rows by name, metrics as numbers. Pure.
 * @throws FleetError `payload_too_large` when the rows do not fit into a result, with the remedy; `upstream_failed`
 *   when a row does not match its headers
 */
export function readReport(propertyId: string, answer: Ga4Answer): Ga4ReportResult {
  const dimensions = (answer.dimensionHeaders ?? []).map(({ name }) => name ?? '');
  const metrics = (answer.metricHeaders ?? []).map(({ name, type }) => ({
    name: name ?? '',
    type: String(type ?? ''),
  }));
  const rows = (answer.rows ?? []).map((row) => {
    const texts = (row.dimensionValues ?? []).map(({ value }) => value ?? '');
    const numbers = (row.metricValues ?? []).map(({ value }) => toNumber(value ?? ''));
    if (texts.length !== dimensions.length || numbers.length !== metrics.length) {
      throw new FleetError('upstream_failed', 'GA4 answered with rows that do not fit their headers');
    }
    return Object.fromEntries([
      ...dimensions.map((name, index) => [name, texts[index] ?? ''] as const),
      ...metrics.map(({ name }, index) => [name, numbers[index] ?? ''] as const),
    ]);
  });
  assertFits(rows);
  return {
    propertyId,
    dimensions,
    metrics,
    rows,
    rowCount: answer.rowCount ?? 0,
    propertyQuota: readPropertyQuota(answer.propertyQuota),
    metadata: readMetadata(answer),
  };
}

/** GA4 returns every metric as text. One that a number cannot represent exactly stays text. */
function toNumber(text: string): number | string {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) return text;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? text : value;
}

function assertFits(rows: readonly object[]): void {
  const bytes = Buffer.byteLength(JSON.stringify(rows));
  // Reserves space for headers, quotas and metadata beside the rows.
  if (bytes <= MAX_RESULT_BYTES - 8_192) return;
  const message = `The ${rows.length} rows have ${bytes} bytes, and a result may have ${MAX_RESULT_BYTES}`;
  throw new FleetError('payload_too_large', `${message}: set a lower limit and page with offset`);
}

function readMetadata({ metadata }: Ga4Answer): Ga4ReportResult['metadata'] {
  return {
    currencyCode: metadata?.currencyCode || null,
    timeZone: metadata?.timeZone || null,
    emptyReason: metadata?.emptyReason || null,
    dataLossFromOtherRow: metadata?.dataLossFromOtherRow ?? false,
    subjectToThresholding: metadata?.subjectToThresholding ?? false,
  };
}
