import { describe, expect, it } from 'vitest';
import { parseArguments } from './arguments.js';

describe('parseArguments', () => {
  it('runs unless told otherwise', () => {
    expect(parseArguments([])).toEqual({ kind: 'run' });
    expect(parseArguments(['--dry-run'])).toEqual({ kind: 'dry-run' });
    expect(parseArguments(['--dry-run', '--help'])).toEqual({ kind: 'help' });
  });

  it('refuses what it does not know: a misspelt --dry-run must not lead', () => {
    expect(parseArguments(['--dryrun'])).toEqual({ kind: 'refuse', message: '--dryrun is not an option; see --help' });
  });
});
