import { describe, expect, it } from 'vitest';
import { durationText, waitText } from './waitText.js';

describe('waitText', () => {
  it('tells place and wait', () => {
    expect(waitText({ state: 'queued', position: 3, estimatedWaitMs: 90_000 })).toBe('Position 3 in queue, ~90s wait');
    expect(waitText({ state: 'retrying', position: 12, estimatedWaitMs: null })).toBe('Position 12 in queue');
  });

  it('promises no place that nobody knows', () => {
    expect(waitText({ state: 'accepted', position: null, estimatedWaitMs: null })).toBe(
      'Accepted, not yet in the queue',
    );
    const delayed = waitText({ state: 'delayed', position: null, estimatedWaitMs: 400_000 });
    expect(delayed).toBe('Accepted, not yet in the queue, ~7min wait');
  });

  it('tells of a job that waits no more what it does', () => {
    expect(waitText({ state: 'active', position: null, estimatedWaitMs: null })).toBe('Running');
    expect(waitText({ state: 'completed', position: null, estimatedWaitMs: null })).toBe('Over: completed');
  });
});

describe('durationText', () => {
  it('is in seconds below two minutes, in minutes below two hours, then in hours, always rounded up', () => {
    const texts = [0, 1, 1_001, 90_000, 119_999, 120_000, 120_001, 7_199_999, 7_200_000, 7_200_001].map(durationText);
    expect(texts).toEqual(['1s', '1s', '2s', '90s', '120s', '2min', '3min', '120min', '2h', '3h']);
  });
});
