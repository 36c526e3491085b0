import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TENANT_ID, tenantIdSchema } from './tenant.js';

describe('tenantIdSchema', () => {
  it('lets through a DNS label of 1 or 3 to 63 characters', () => {
    for (const id of ['a', '7', 'a-b', 'acme', '0day', 'a--b', 'x'.repeat(63)]) {
      expect(tenantIdSchema.safeParse(id).success, id).toBe(true);
    }
  });

  it('refuses what would break out of a key, a queue name, a path or a host name', () => {
    const bad = [
      '',
      'ab',
      '-a-',
      'a-',
      'A',
      'a.b',
      'a:b',
      'a b',
      'a/b',
      '..',
      '{a}',
      'a\n',
      'ä',
      'x'.repeat(64),
      'a_b',
    ];
    for (const id of bad) expect(tenantIdSchema.safeParse(id).success, JSON.stringify(id)).toBe(false);
  });

  it('lets nothing through but lower-case letters, digits and inner hyphens', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 70 }), (text) => {
        if (!tenantIdSchema.safeParse(text).success) return;
        expect(text).toMatch(/^[a-z0-9-]{1,63}$/);
        expect(text.startsWith('-') || text.endsWith('-')).toBe(false);
      }),
    );
    fc.assert(fc.property(fc.stringMatching(TENANT_ID), (id) => tenantIdSchema.safeParse(id).success));
  });
});
