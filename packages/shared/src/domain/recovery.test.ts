import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JOB_STATES } from '../contracts/jobStates.js';
import type { HeldInQueue, Whereabouts } from './recovery.js';
import { decideRecovery, FRESH_MS, OVERDUE_MS } from './recovery.js';

const OLD_MS = 600_000;
const row = fc.record({
  state: fc.constantFrom(...JOB_STATES),
  untouchedMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
  timeoutMs: fc.integer({ min: 1, max: 3_600_000 }),
});
const held = fc.constantFrom<HeldInQueue>('nothing', 'unfinished', 'finished', 'stray');
const whereabouts = fc.constantFrom<Whereabouts>('alive', 'gone', 'unknown');

describe('decideRecovery', () => {
  it('never touches a job that BullMQ holds and will run', () => {
    fc.assert(
      fc.property(row, whereabouts, (one, ranBy) => {
        expect(decideRecovery(one, 'unfinished', ranBy).kind).toBe('held');
      }),
    );
  });

  it('leaves what was written a moment ago', () => {
    fc.assert(
      fc.property(row, held, whereabouts, (one, has, ranBy) => {
        const verdict = decideRecovery({ ...one, untouchedMs: one.untouchedMs % FRESH_MS }, has, ranBy);
        expect(['held', 'leave']).toContain(verdict.kind);
      }),
    );
  });

  it('leaves no job lost for ever: what BullMQ will not run is added in the end, whoever ran it', () => {
    fc.assert(
      fc.property(row, held, whereabouts, (one, has, ranBy) => {
        const later = { ...one, untouchedMs: FRESH_MS + one.timeoutMs + OVERDUE_MS };
        const { kind } = decideRecovery(later, has, ranBy);
        expect(kind).toBe(
          { nothing: 'add', unfinished: 'held', finished: 'take-out-and-add', stray: 'take-out-and-add' }[has],
        );
      }),
    );
  });

  it('adds nothing that may still run', () => {
    const active = { state: 'active', untouchedMs: OLD_MS, timeoutMs: OLD_MS } as const;
    expect(decideRecovery(active, 'nothing', 'alive')).toEqual({ kind: 'leave', because: 'runs' });
    expect(decideRecovery(active, 'nothing', 'unknown')).toEqual({ kind: 'leave', because: 'unknown-worker' });
    expect(decideRecovery(active, 'nothing', 'gone')).toEqual({ kind: 'add' });
  });

  it('adds a job that waits at once, whatever became of the process that ran it before', () => {
    for (const state of ['accepted', 'queued', 'delayed', 'retrying'] as const) {
      const one = { state, untouchedMs: FRESH_MS, timeoutMs: OLD_MS };
      expect(decideRecovery(one, 'nothing', 'alive')).toEqual({ kind: 'add' });
      expect(decideRecovery(one, 'finished', 'unknown')).toEqual({ kind: 'take-out-and-add' });
    }
  });
});
