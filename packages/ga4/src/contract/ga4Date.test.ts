import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBackwards, readGa4Date } from './ga4Date.js';

describe('readGa4Date', () => {
  it('reads what GA4 takes', () => {
    expect(readGa4Date('today')).toEqual({ kind: 'relative', daysAgo: 0 });
    expect(readGa4Date('yesterday')).toEqual({ kind: 'relative', daysAgo: 1 });
    expect(readGa4Date('7daysAgo')).toEqual({ kind: 'relative', daysAgo: 7 });
    expect(readGa4Date('2024-02-29')).toEqual({ kind: 'day', utcMs: Date.UTC(2024, 1, 29) });
  });

  it('refuses days that no calendar has, and every other spelling', () => {
    const bad = ['2025-02-29', '2025-13-01', '2025-00-10', '2025-1-1', '20250101', 'tomorrow', 'Today', '-1daysAgo'];
    for (const text of [...bad, '7 daysAgo', '1.5daysAgo', '999999daysAgo', '2025-01-01T00:00:00Z', '']) {
      expect(readGa4Date(text), text).toBeNull();
    }
  });

  it('reads every day that JavaScript writes', () => {
    const days = fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(days, (date) => {
        const text = date.toISOString().slice(0, 10);
        expect(readGa4Date(text)).toEqual({ kind: 'day', utcMs: Date.parse(text) });
      }),
    );
  });
});

describe('isBackwards', () => {
  const backwards = (start: string, end: string): boolean => {
    const dates = [readGa4Date(start), readGa4Date(end)] as const;
    if (dates[0] === null || dates[1] === null) throw new Error('no dates');
    return isBackwards(dates[0], dates[1]);
  };

  it('compares what can be compared, and leaves the rest to GA4', () => {
    expect(backwards('2025-01-02', '2025-01-01')).toBe(true);
    expect(backwards('today', '7daysAgo')).toBe(true);
    expect(backwards('2025-01-01', '2025-01-01')).toBe(false);
    expect(backwards('7daysAgo', 'yesterday')).toBe(false);
    expect(backwards('today', '2001-01-01')).toBe(false);
  });
});
