import { describe, expect, it } from 'vitest';
import { readReport } from './readReport.js';

const HEADERS = {
  dimensionHeaders: [{ name: 'date' }],
  metricHeaders: [{ name: 'activeUsers', type: 'TYPE_INTEGER' as const }],
};
const row = (date: string, users: string) => ({ dimensionValues: [{ value: date }], metricValues: [{ value: users }] });

describe('readReport', () => {
  it('names every value, and makes numbers of metrics that a number can hold', () => {
    const rows = [row('20250101', '12'), row('20250102', '0.5'), row('20250103', '9007199254740993'), row('', 'NaN')];
    const report = readReport('1', { ...HEADERS, rows, rowCount: 9, metadata: { timeZone: 'Europe/Berlin' } });
    expect(report).toMatchObject({
      propertyId: '1',
      dimensions: ['date'],
      metrics: [{ name: 'activeUsers', type: 'TYPE_INTEGER' }],
      rowCount: 9,
      propertyQuota: null,
      metadata: { timeZone: 'Europe/Berlin', currencyCode: null, emptyReason: null },
    });
    expect(report.rows.map(({ activeUsers }) => activeUsers)).toEqual([12, 0.5, '9007199254740993', 'NaN']);
  });

  it('takes a report without rows for an empty one', () => {
    expect(readReport('1', {})).toMatchObject({ dimensions: [], metrics: [], rows: [], rowCount: 0 });
  });

  it('says what to do when the rows do not fit into a result', () => {
    const rows = Array.from({ length: 9_000 }, (_, index) => row(`2025${index}`, '123456'));
    expect(() => readReport('1', { ...HEADERS, rows })).toThrow(
      expect.objectContaining({ code: 'payload_too_large', message: expect.stringContaining('set a lower limit') }),
    );
  });

  it('refuses rows that do not fit their headers', () => {
    expect(() => readReport('1', { ...HEADERS, rows: [{ dimensionValues: [{ value: 'x' }] }] })).toThrow(
      expect.objectContaining({ code: 'upstream_failed' }),
    );
  });
});
