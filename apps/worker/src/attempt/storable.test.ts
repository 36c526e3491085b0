import { describe, expect, it } from 'vitest';
import { toJobError, toStorableResult } from './storable.js';

describe('toStorableResult', () => {
  it('drops NUL characters and broken surrogates, which jsonb refuses, wherever they stand', () => {
    expect(toStorableResult({ deep: ['a\0b', '\ud800c'] })).toEqual({ deep: ['ab', '\ufffdc'] });
  });

  it('reads nothing as null, and refuses what JSON cannot say or what is too large', () => {
    expect(toStorableResult(undefined)).toBeNull();
    expect(() => toStorableResult(1n)).toThrow(/JSON/);
    expect(() => toStorableResult('x'.repeat(262_144))).toThrow(/larger/);
  });
});

describe('toJobError', () => {
  it('keeps a code and a short message, never a stack', () => {
    expect(toJobError(new Error(`a\0${'b'.repeat(5_000)}`))).toEqual({
      code: 'attempt_failed',
      message: `a${'b'.repeat(1_999)}`,
    });
  });
});
