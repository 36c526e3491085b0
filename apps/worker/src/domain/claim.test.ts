import { JOB_STATES, TERMINAL_STATES } from '@sluice/shared/contracts/jobStates';
import { describe, expect, it } from 'vitest';
import { decideAfterLoss, decideClaim, MAX_CRASHES } from './claim.js';

describe('decideClaim', () => {
  it('runs nothing that is over in the ledger, however often it crashed or was cancelled', () => {
    for (const state of TERMINAL_STATES) {
      for (const crashes of [0, MAX_CRASHES, 100]) {
        for (const cancelRequested of [false, true]) {
          expect(decideClaim({ state, crashes, cancelRequested }, 'shared')).toEqual({ kind: 'finish-again', state });
        }
      }
    }
  });

  it('runs a job that took down fewer processes than the bound, and buries it as poison at the bound', () => {
    const kinds = Array.from(
      { length: MAX_CRASHES + 2 },
      (_, crashes) => decideClaim({ state: 'active', crashes, cancelRequested: false }, 'shared').kind,
    );
    expect(kinds).toEqual(['run', 'run', 'run', 'bury-poison', 'bury-poison']);
  });

  it('cancels what was to be cancelled instead of running or burying it', () => {
    for (const crashes of [0, MAX_CRASHES]) {
      expect(decideClaim({ state: 'active', crashes, cancelRequested: true }, 'shared')).toEqual({ kind: 'cancel' });
    }
  });

  it('puts a job back that is not due, whatever else is known of an unfinished one', () => {
    const row = { state: 'delayed', crashes: MAX_CRASHES, cancelRequested: true, earlyMs: 60_000 } as const;
    expect(decideClaim(row, 'shared')).toEqual({ kind: 'put-back', delayMs: 60_000 });
    expect(decideClaim({ ...row, state: 'cancelled' }, 'shared')).toEqual({ kind: 'finish-again', state: 'cancelled' });
  });

  it('runs a job in every state that is not over', () => {
    for (const state of JOB_STATES.filter((candidate) => !(TERMINAL_STATES as readonly string[]).includes(candidate))) {
      expect(decideClaim({ state, crashes: 0, cancelRequested: false }, 'shared')).toEqual({
        kind: 'run',
        isolation: 'shared',
      });
    }
  });

  it('runs a job in a process of its own if its task asks for it, or once it was lost', () => {
    const isolationOf = (crashes: number, wanted: 'shared' | 'process') =>
      decideClaim({ state: 'active', crashes, cancelRequested: false }, wanted);
    expect(isolationOf(0, 'process')).toEqual({ kind: 'run', isolation: 'process' });
    expect(isolationOf(1, 'shared')).toEqual({ kind: 'run', isolation: 'process' });
    expect(isolationOf(2, 'process')).toEqual({ kind: 'run', isolation: 'process' });
  });
});

describe('decideAfterLoss', () => {
  it('waits ever longer, and takes the last loss for proof', () => {
    expect([0, 1, 2, 3].map(decideAfterLoss)).toEqual([
      { kind: 'lost', delayMs: 1_000 },
      { kind: 'lost', delayMs: 4_000 },
      { kind: 'poison' },
      { kind: 'poison' },
    ]);
  });
});
