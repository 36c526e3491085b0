import { FleetError } from '@sluice/shared/errors/fleetError';
import { describe, expect, it } from 'vitest';
import { stoppedFor } from '../execute/executeTask.js';
import { judgeCall } from './judgeCall.js';

describe('judgeCall', () => {
  it('counts an attempt that returned as an answer, and one whose time was up as a failure', () => {
    expect(judgeCall({ kind: 'returned', value: null })).toBe('answered');
    expect(judgeCall(stoppedFor('timed-out', 1_000))).toBe('failed');
    expect(judgeCall({ kind: 'threw', error: new FleetError('upstream_failed', '500') })).toBe('failed');
  });

  it('learns nothing from an attempt that was told to stop, never called, or died with its process', () => {
    const error = new FleetError('attempt_lost', 'gone');
    for (const reason of ['cancelled', 'stopping', 'slot-lost'] as const) {
      expect(judgeCall(stoppedFor(reason, 1_000))).toBeNull();
    }
    expect(judgeCall({ kind: 'died', error })).toBeNull();
    expect(judgeCall({ kind: 'invalid', error })).toBeNull();
    expect(judgeCall({ kind: 'unusable', error })).toBeNull();
  });
});
