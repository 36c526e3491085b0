import { describe, expect, it } from 'vitest';
import { ga4PropertyRefusal } from './ga4PropertyRefusal.js';

describe('ga4PropertyRefusal', () => {
  it('lets a tenant read what it was given, by the very number, and nothing else', () => {
    expect(ga4PropertyRefusal('acme', '12', ['11', '12'])).toBeNull();
    expect(ga4PropertyRefusal('acme', '12', 'any')).toBeNull();
    for (const properties of [[], ['1', '2', '123', '012'], null]) {
      expect(ga4PropertyRefusal('acme', '12', properties)).toContain('was not given the GA4 property 12');
    }
  });

  it('says what the operator is to do', () => {
    const said = ga4PropertyRefusal('acme', '12', []);
    expect(said).toContain('PATCH /api/v1/admin/tenants/acme {"ga4Properties": ["12"]}');
    expect(said).toContain('GA4_ANY_PROPERTY=true');
  });
});
