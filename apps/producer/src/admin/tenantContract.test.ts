import { describe, expect, it } from 'vitest';
import { tenantBodySchema, tenantPatchSchema } from './tenantContract.js';

describe('tenantBodySchema', () => {
  it('fills in weight and plan, and gives no GA4 property', () => {
    expect(tenantBodySchema.parse({ id: 'acme' })).toEqual({
      id: 'acme',
      weight: 1,
      plan: 'standard',
      ga4Properties: [],
    });
  });

  it('refuses a weight outside 1 to 100 and properties that it does not know', () => {
    for (const body of [{ weight: 0 }, { weight: 101 }, { weight: 1.5 }, { owner: 'me' }]) {
      expect(tenantBodySchema.safeParse({ id: 'acme', ...body }).success).toBe(false);
    }
  });
});

describe('tenantPatchSchema', () => {
  it('changes nothing that is left out, and never the id', () => {
    expect(tenantPatchSchema.parse({})).toEqual({});
    expect(tenantPatchSchema.safeParse({ id: 'other' }).success).toBe(false);
  });
});
