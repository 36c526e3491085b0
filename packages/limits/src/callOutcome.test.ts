import { ERROR_CODES } from '@sluice/shared/errors/errorCode';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { PacedError } from '@sluice/shared/errors/pacedError';
import { describe, expect, it } from 'vitest';
import { callOutcomeOf, isNews } from './callOutcome.js';

describe('callOutcomeOf', () => {
  it("counts what was the upstream's own fault, takes a refusal for an answer, and lets all else tell nothing", () => {
    const told = ERROR_CODES.map((code) => [code, callOutcomeOf(new FleetError(code, 'no'))] as const);
    expect(told.filter(([, outcome]) => outcome !== null)).toEqual([
      ['attempt_timed_out', 'failed'],
      ['upstream_refused', 'answered'],
      ['upstream_failed', 'failed'],
    ]);
  });

  it('learns nothing of an upstream that asks to wait, or of an error that nobody made on purpose', () => {
    expect(callOutcomeOf(new PacedError('slowly', 1_000))).toBeNull();
    expect(callOutcomeOf(new TypeError('undefined is not a function'))).toBeNull();
  });
});

describe('isNews', () => {
  it('is each failure, and the answer of a probe', () => {
    const asked = ([null, 'answered', 'failed'] as const).flatMap((outcome) => [
      isNews(outcome, false),
      isNews(outcome, true),
    ]);
    expect(asked).toEqual([false, false, false, true, true, true]);
  });
});
