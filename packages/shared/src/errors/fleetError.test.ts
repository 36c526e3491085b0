import { describe, expect, it } from 'vitest';
import { ConfigurationError } from './configurationError.js';
import { FleetError } from './fleetError.js';
import { InvalidRequestError } from './invalidRequestError.js';
import { PacedError } from './pacedError.js';
import { ProblemError } from './problemError.js';

const cause = new Error('below');

describe('FleetError', () => {
  it('is told by its code in every subclass, with its own name and its cause', () => {
    const errors = [
      { error: new FleetError('conflict', 'said', { cause }), name: 'FleetError', code: 'conflict' },
      { error: new ConfigurationError('said', { cause }), name: 'ConfigurationError', code: 'configuration' },
      { error: new PacedError('said', 1_500, { cause }), name: 'PacedError', code: 'upstream_paced' },
      { error: new ProblemError('unavailable', 'said', { cause }), name: 'ProblemError', code: 'unavailable' },
    ];
    for (const { error, name, code } of errors) {
      expect(error).toBeInstanceOf(FleetError);
      expect(error).toMatchObject({ name, code, message: 'said', cause });
    }
  });

  it('has no cause when none was given', () => {
    expect('cause' in new FleetError('conflict', 'said')).toBe(false);
    expect('cause' in new ProblemError('conflict', 'said', {})).toBe(false);
  });
});

describe('ProblemError', () => {
  it('carries what it has to say to a client, and nothing unless told', () => {
    expect(new ProblemError('conflict', 'said', {})).toMatchObject({ members: {}, retryAfterSeconds: null });
    const full = new ProblemError('unavailable', 'said', { members: { zone: 'red' }, retryAfterSeconds: 3 });
    expect(full).toMatchObject({ members: { zone: 'red' }, retryAfterSeconds: 3 });
  });
});

describe('InvalidRequestError', () => {
  it('names each field', () => {
    const fields = [{ pointer: '/data/url', message: 'must be a URL' }];
    expect(new InvalidRequestError('said', fields)).toMatchObject({ code: 'invalid_request', fields });
  });
});
