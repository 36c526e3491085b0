import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigurationError } from '../errors/configurationError.js';
import { listSettings, loadConfig, setting } from './setting.js';
import { optionalText, urlOf, wholeNumber, yesOrNo } from './values.js';

const tree = {
  redis: { url: setting('REDIS_URL', urlOf('redis', 'rediss'), 'Redis', { secret: true }) },
  port: setting('PORT', wholeNumber(0, 65_535, 3_000), 'Port', { default: '3000' }),
  verbose: setting('VERBOSE', yesOrNo(false), 'Say more'),
  name: setting('NAME', optionalText(), 'A name'),
  level: setting('LEVEL', z.enum(['low', 'high']).default('low'), 'Level'),
};

function complaintAbout(environment: Record<string, string>): string {
  try {
    loadConfig(tree, environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  return '';
}

describe('loadConfig', () => {
  it('gives the shape of the tree, with defaults where nothing is set', () => {
    expect(loadConfig(tree, { REDIS_URL: 'redis://localhost' })).toEqual({
      redis: { url: 'redis://localhost' },
      port: 3_000,
      verbose: false,
      name: undefined,
      level: 'low',
    });
  });

  it('takes an empty variable for an unset one', () => {
    const loaded = loadConfig(tree, { REDIS_URL: 'redis://h', PORT: '', VERBOSE: '', NAME: '', LEVEL: '' });
    expect(loaded).toMatchObject({ port: 3_000, verbose: false, name: undefined, level: 'low' });
  });

  it('names every variable that cannot be used, with its bound and its value, in one error', () => {
    const message = complaintAbout({ PORT: '70000', VERBOSE: 'yes' });
    expect(message).toContain('REDIS_URL is not set: must be a URL that starts with redis:// or rediss://');
    expect(message).toContain('PORT is "70000": must be a whole number from 0 to 65535');
    expect(message).toContain('VERBOSE is "yes": must be true or false');
    expect(message).not.toContain('NAME');
  });

  it('never shows the value of a secret', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4 }), (value) => {
        const message = complaintAbout({ REDIS_URL: `http://hidden-${value}` });
        expect(message).toContain('REDIS_URL has a value (hidden)');
        expect(message).not.toContain('hidden-');
      }),
    );
  });

  it('ignores variables that it does not know', () => {
    expect(complaintAbout({ REDIS_URL: 'redis://h', PATH: '/bin', port: 'x' })).toBe('');
  });
});

describe('listSettings', () => {
  it('lists every setting of a nested tree in order', () => {
    expect(listSettings(tree).map(({ env }) => env)).toEqual(['REDIS_URL', 'PORT', 'VERBOSE', 'NAME', 'LEVEL']);
  });
});
