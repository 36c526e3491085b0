import { describe, expect, it } from 'vitest';
import { createAttemptStop } from './attemptStop.js';

describe('createAttemptStop', () => {
  it('keeps the first reason and tells everyone once, also those who ask later', () => {
    const stop = createAttemptStop();
    const told: string[] = [];
    stop.onStop(() => told.push('early'));
    const { signal } = stop;
    expect([stop.reason, signal.aborted]).toEqual([null, false]);
    stop.stop('cancelled');
    stop.stop('timed-out');
    stop.onStop(() => told.push('late'));
    expect(stop.reason).toBe('cancelled');
    expect([signal.aborted, signal.reason]).toEqual([true, 'cancelled']);
    expect(told).toEqual(['early', 'late']);
  });

  it('gives a handler that first looks after the stop a signal that is aborted', () => {
    const stop = createAttemptStop();
    stop.stop('stopping');
    expect([stop.signal.aborted, stop.signal.reason]).toEqual([true, 'stopping']);
  });
});
