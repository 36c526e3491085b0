import { describe, expect, it } from 'vitest';
import { momentSchema } from './moment.js';

describe('momentSchema', () => {
  it('takes moments of any offset that the ledger can hold', () => {
    for (const text of ['2026-11-21T10:00:00Z', '2026-11-21T10:00:00.123+05:30', '1970-01-01T00:00:00Z']) {
      expect(momentSchema.safeParse(text).success, text).toBe(true);
    }
  });

  it('refuses years that PostgreSQL cannot read, and what is no moment', () => {
    for (const text of ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59-23:59', '2026-02-30T00:00:00Z', 'yesterday']) {
      expect(momentSchema.safeParse(text).success, text).toBe(false);
    }
  });
});
