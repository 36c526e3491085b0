import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  occurrenceOf,
  phaseMs,
  queueJobBeginning,
  queueJobIdOf,
  scheduleOfScheduler,
  schedulerIdOf,
} from './schedule.js';

const moments = fc.integer({ min: 1_000_000_000_000, max: 9_999_999_999_999 });
const intervals = fc.integer({ min: 1_000, max: 366 * 24 * 3_600_000 });

describe('the ids of schedules in BullMQ', () => {
  it('are read back as what they were made of, and have the three parts that BullMQ takes', () => {
    fc.assert(
      fc.property(fc.uuid(), moments, (scheduleId, dueMs) => {
        const id = queueJobIdOf({ scheduleId, dueMs });
        expect(occurrenceOf(id)).toEqual({ scheduleId, dueMs });
        expect(id.startsWith(queueJobBeginning(scheduleId))).toBe(true);
        expect(id.split(':')).toHaveLength(3);
        expect(scheduleOfScheduler(schedulerIdOf(scheduleId))).toBe(scheduleId);
      }),
    );
  });

  it('are no other text', () => {
    const id = '0194f3c2-7a10-7cc2-b5a1-9a6f5f1f0d3e';
    const others = [
      '',
      id,
      `repeat:${id}:1700000000000`,
      `repeat:sluice-${id}:1`,
      `repeat:sluice-${id}:170000000000x`,
      `repeat:sluice-${id}:17000000000000`,
      `repeat:sluice-${id.toUpperCase()}:1700000000000`,
      `repeat:sluice-${id}:1700000000000\n`,
    ];
    for (const other of others) expect(occurrenceOf(other)).toBeNull();
    for (const other of ['', id, `sluice-${id}x`, `sluice-${id}:`]) expect(scheduleOfScheduler(other)).toBeNull();
  });
});

describe('phaseMs', () => {
  /** BullMQ's rule for a new scheduler: the first future multiple of the interval, plus the offset. */
  function firstAfter(nowMs: number, everyMs: number, offset: number): number {
    const ms = Math.floor(nowMs / everyMs) * everyMs + offset;
    return ms <= nowMs ? ms + everyMs : ms;
  }

  it('keeps every run whole intervals after the schedule was made, whenever it is made anew', () => {
    fc.assert(
      fc.property(moments, intervals, moments, (createdMs, everyMs, laterMs) => {
        const phase = phaseMs(createdMs, everyMs);
        expect(phase).toBeGreaterThan(0);
        expect(phase).toBeLessThanOrEqual(everyMs);
        for (const nowMs of [createdMs, createdMs + laterMs]) {
          const dueMs = firstAfter(nowMs, everyMs, phase);
          expect((dueMs - createdMs) % everyMs).toBe(0);
          expect(dueMs).toBeGreaterThan(nowMs);
          expect(dueMs).toBeLessThanOrEqual(nowMs + everyMs);
        }
      }),
    );
  });
});
