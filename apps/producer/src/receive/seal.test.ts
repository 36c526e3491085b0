import { describe, expect, it } from 'vitest';
import { createSeal } from './seal.js';

describe('createSeal', () => {
  it('opens what it sealed, each time in another form, and nothing that was changed or is of another key', () => {
    const { seal, open } = createSeal('a key of the operator');
    const sealed = seal('{"key":"slk_ä"}');
    expect(open(sealed)).toBe('{"key":"slk_ä"}');
    expect(seal('{"key":"slk_ä"}')).not.toBe(sealed);
    expect(sealed).not.toContain('slk_');
    const changed = Buffer.from(sealed, 'base64');
    changed[30] = (changed[30] ?? 0) ^ 1;
    expect(open(changed.toString('base64'))).toBeNull();
    expect(createSeal('another key').open(sealed)).toBeNull();
    expect(open('')).toBeNull();
  });
});
