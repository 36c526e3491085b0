import { DEFAULT_RETRY_POLICY } from '@sluice/shared/contracts/retryPolicy';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { PacedError } from '@sluice/shared/errors/pacedError';
import { describe, expect, it } from 'vitest';
import { judgeExecution } from './judgeExecution.js';

const fresh = { failures: 0, deferrals: 0, crashes: 0 };
const half = (): number => 0.5;

describe('judgeExecution', () => {
  it('retries what may pass, with jitter, until the retries are used up', () => {
    const error = new Error('reset');
    const verdicts = [0, 1, 2, 3].map((failures) =>
      judgeExecution({ kind: 'threw', error }, { ...fresh, failures }, DEFAULT_RETRY_POLICY, half),
    );
    expect(verdicts).toEqual([
      { kind: 'retry', delayMs: 1_000, error },
      { kind: 'retry', delayMs: 2_000, error },
      { kind: 'retry', delayMs: 4_000, error },
      { kind: 'bury', category: 'exhausted', error },
    ]);
  });

  it('buries at once what cannot pass', () => {
    const error = new FleetError('upstream_refused', '404');
    expect(judgeExecution({ kind: 'threw', error }, fresh, DEFAULT_RETRY_POLICY, half)).toMatchObject({
      kind: 'bury',
      category: 'permanent',
    });
  });

  it('puts off for as long as the upstream asks, costing no retry', () => {
    const error = new PacedError('429', 7_000);
    const used = { failures: 3, deferrals: 5, crashes: 0 };
    expect(judgeExecution({ kind: 'threw', error }, used, DEFAULT_RETRY_POLICY, () => 0)).toEqual({
      kind: 'defer',
      delayMs: 7_000,
      error,
    });
  });

  it('hands back a job that must stop and ends one that was cancelled', () => {
    expect(judgeExecution({ kind: 'stopped', reason: 'stopping' }, fresh, DEFAULT_RETRY_POLICY, half)).toEqual({
      kind: 'release',
    });
    expect(judgeExecution({ kind: 'stopped', reason: 'cancelled' }, fresh, DEFAULT_RETRY_POLICY, half)).toEqual({
      kind: 'cancel',
    });
  });

  it('buries a result that cannot be kept instead of running the job again', () => {
    const value = 'x'.repeat(300_000);
    expect(judgeExecution({ kind: 'returned', value }, fresh, DEFAULT_RETRY_POLICY, half)).toMatchObject({
      kind: 'bury',
      error: { code: 'payload_too_large' },
    });
  });

  it('counts a death of its own process as a loss, and the third as poison', () => {
    const error = new FleetError('attempt_failed', 'it died');
    const verdicts = [0, 1, 2].map((crashes) =>
      judgeExecution({ kind: 'died', error }, { ...fresh, crashes }, DEFAULT_RETRY_POLICY, half),
    );
    expect(verdicts).toEqual([
      { kind: 'lost', delayMs: 1_000, error },
      { kind: 'lost', delayMs: 4_000, error },
      { kind: 'bury', category: 'poison', error, lost: true },
    ]);
  });
});
