import { z } from 'zod';

/** The number of a GA4 property, as in jobs, tenants and paths of GA4's API. */
export const ga4PropertyIdSchema = z
  .string()
  .regex(/^\d{1,20}$/, 'must be the number of a GA4 property, as a string of digits')
  .meta({ example: '123456789' });

/**
 * The properties that a tenant's reports may read: those that the operator granted it, or any in a fleet with a single
 * tenant.
 */
export type Ga4Properties = readonly string[] | 'any';
