import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../errors/errorCode.js';
import { FleetError } from '../errors/fleetError.js';
import { PacedError } from '../errors/pacedError.js';
import { callOutcomeOf } from './callOutcome.js';

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
