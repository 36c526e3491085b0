import { MAX_RULE_POINTS, priorityRulesSchema } from '@sluice/shared/contracts/priorityRules';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localTimeAt } from './localTime.js';
import { isWithin, rulePointsOf } from './priorityRules.js';

const zones = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'UTC');
const times = fc.integer({ min: 0, max: 1_439 }).map((m) => {
  return `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`;
});
const points = fc.integer({ min: -MAX_RULE_POINTS, max: MAX_RULE_POINTS });
const behind = fc.integer({ min: 1, max: MAX_RULE_POINTS });
const hours = fc
  .record({
    timeZone: zones,
    days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
    from: times,
    to: times,
    points,
  })
  .filter(({ from, to }) => from !== to);
const rules = fc.record(
  {
    businessHours: hours,
    complexity: fc.record({ maxPoints: behind }),
    recentUse: fc.record({ freeJobs: fc.nat(100), pointsPerJob: behind, maxPoints: behind }),
  },
  { requiredKeys: [] },
);
const facts = fc.record({
  sinceMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  complexityPoints: fc.double({ min: -10, max: 1e9, noNaN: true }),
  recentJobs: fc.double({ min: 0, max: 1e9, noNaN: true }),
});

describe('rulePointsOf', () => {
  it('stays within its bound and whole, whatever the rules, and is 0 without any', () => {
    fc.assert(
      fc.property(rules, facts, (some, of) => {
        const sum = rulePointsOf(priorityRulesSchema.parse(some), of);
        expect(Number.isInteger(sum) && Math.abs(sum) <= MAX_RULE_POINTS).toBe(true);
        expect(rulePointsOf({}, of)).toBe(0);
        expect(rulePointsOf(null, of)).toBe(0);
      }),
    );
  });

  it('puts nobody ahead for more complex data or more jobs', () => {
    fc.assert(
      fc.property(rules, facts, fc.nat(1_000), fc.nat(1_000), (some, of, complexer, more) => {
        const worse = { ...of, complexityPoints: of.complexityPoints + complexer, recentJobs: of.recentJobs + more };
        expect(rulePointsOf(some, worse)).toBeGreaterThanOrEqual(rulePointsOf(some, of));
      }),
    );
  });
});

describe('isWithin', () => {
  const berlin = { timeZone: 'Europe/Berlin', days: [1, 2, 3, 4, 5], from: '09:00', to: '17:00', points: -100 };

  it('goes by the clocks of the place, summer and winter', () => {
    // 2026-03-27 is a Friday in winter time, 2026-03-30 a Monday in summer time.
    expect(isWithin(berlin, Date.UTC(2026, 2, 27, 7, 59))).toBe(false);
    expect(isWithin(berlin, Date.UTC(2026, 2, 27, 8, 0))).toBe(true);
    expect(isWithin(berlin, Date.UTC(2026, 2, 30, 7, 0))).toBe(true);
    expect(isWithin(berlin, Date.UTC(2026, 2, 30, 15, 0))).toBe(false);
    expect(isWithin(berlin, Date.UTC(2026, 2, 28, 10, 0))).toBe(false);
  });

  it('lets hours end on the next day, which need not be one of its days', () => {
    const night = { ...berlin, timeZone: 'UTC', days: [5], from: '22:00', to: '06:00' };
    const at = (day: number, hour: number): boolean => isWithin(night, Date.UTC(2026, 2, day, hour));
    expect([at(27, 5), at(27, 22), at(28, 5), at(28, 6), at(28, 22)]).toEqual([false, true, true, false, false]);
  });

  it('splits every moment between hours and the hours turned round', () => {
    fc.assert(
      fc.property(hours, fc.integer({ min: 0, max: 4_000_000_000_000 }), (rule, atMs) => {
        const everyDay = { ...rule, days: [1, 2, 3, 4, 5, 6, 7] };
        expect(isWithin(everyDay, atMs)).not.toBe(isWithin({ ...everyDay, from: rule.to, to: rule.from }, atMs));
      }),
    );
  });
});

describe('localTimeAt', () => {
  it('shows midnight as 00:00, and the hour that is shown twice', () => {
    expect(localTimeAt('UTC', Date.UTC(2026, 10, 22))).toEqual({ weekday: 7, time: '00:00' });
    expect(localTimeAt('Europe/Berlin', Date.UTC(2026, 9, 25, 0, 30)).time).toBe('02:30');
    expect(localTimeAt('Europe/Berlin', Date.UTC(2026, 9, 25, 1, 30)).time).toBe('02:30');
  });
});

describe('priorityRulesSchema', () => {
  it('says clearly what is wrong', () => {
    const businessHours = { timeZone: 'Mars/Base', days: [1, 1], from: '24:00', to: '9:00', points: 9_999 };
    const { error } = priorityRulesSchema.safeParse({ businessHours, other: 1 });
    const told = (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
    expect(told).toEqual(
      expect.arrayContaining([
        'businessHours.timeZone: must be an IANA time zone, such as Europe/Berlin',
        'businessHours.days: must not contain a day twice',
        'businessHours.from: must be a time of day, 00:00 to 23:59',
        'businessHours.to: must be a time of day, 00:00 to 24:00',
      ]),
    );
    expect(priorityRulesSchema.safeParse({ businessHours: { ...businessHours, timeZone: '+01:00' } }).success).toBe(
      false,
    );
  });
});
