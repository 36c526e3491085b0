import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextCronRun } from './cron.js';

const NOW_MS = Date.UTC(2026, 0, 15, 12, 0, 0, 500);

describe('nextCronRun', () => {
  it('tells when an expression comes next in its time zone, also over the change to summer time', () => {
    const at = (cron: string, timezone: string, afterMs = NOW_MS): string => {
      const run = nextCronRun(cron, timezone, afterMs);
      return run.kind === 'at' ? new Date(run.ms).toISOString() : run.kind;
    };
    expect(at('30 6 * * *', 'Europe/Berlin')).toBe('2026-01-16T05:30:00.000Z');
    expect(at('30 6 * * *', 'Europe/Berlin', Date.UTC(2026, 6, 1))).toBe('2026-07-01T04:30:00.000Z');
    expect(at('*/10 * * * * *', 'UTC')).toBe('2026-01-15T12:00:10.000Z');
    expect(at('@daily', 'UTC')).toBe('2026-01-16T00:00:00.000Z');
    expect(at('0 0 29 2 *', 'UTC')).toBe('2028-02-29T00:00:00.000Z');
    expect(at('0 0 L * *', 'UTC')).toBe('2026-01-31T00:00:00.000Z');
    expect(at('0 9 * MAR THU', 'UTC')).toBe('2026-03-05T09:00:00.000Z');
  });

  it.each(['0 0 31 4,6,9 *', '0 0 31 2,4,11 ?'])('says that %s never comes, without looking for it', (cron) => {
    expect(nextCronRun(cron, 'UTC', NOW_MS)).toEqual({ kind: 'never' });
  });

  it.each([
    '',
    '  ',
    'H * * * *',
    'H/5 * * * *',
    '0 H(1-3) * * *',
    '* * * * * * *',
    '@nope',
    '60 * * * *',
    '* * * * 8',
    '\0',
  ])('refuses %j', (cron) => {
    expect(nextCronRun(cron, 'UTC', NOW_MS)).toMatchObject({ kind: 'unreadable' });
  });

  it('takes any text without throwing, and never names a moment that has passed or lies within a second', () => {
    const field = fc.oneof(
      fc.constantFrom('*', '?', 'L', '1-5', '*/7', '0', '59', '31', '2', '4,6', 'MON', '5L', '1#5', 'x', '-', '99'),
      fc.string({ maxLength: 6 }),
    );
    const crons = fc.array(field, { minLength: 1, maxLength: 7 }).map((fields) => fields.join(' '));
    fc.assert(
      fc.property(crons, fc.constantFrom('UTC', 'America/New_York', 'Australia/Lord_Howe'), (cron, timezone) => {
        const first = nextCronRun(cron, timezone, NOW_MS);
        if (first.kind !== 'at') return;
        expect(first.ms).toBeGreaterThan(NOW_MS);
        expect(first.ms % 1_000).toBe(0);
        const second = nextCronRun(cron, timezone, first.ms);
        expect(second.kind === 'at' && second.ms - first.ms >= 1_000).toBe(true);
      }),
    );
  });
});
