import { ga4PropertyIdSchema } from '@sluice/ga4';
import { priorityRulesSchema } from '@sluice/shared/contracts/priorityRules';
import { tenantIdSchema } from '@sluice/shared/contracts/tenant';
import { z } from 'zod';

/** Maximum number of properties per tenant. */
const MAX_GA4_PROPERTIES = 1_000;

const ga4PropertiesSchema = z
  .array(ga4PropertyIdSchema)
  .max(MAX_GA4_PROPERTIES)
  .meta({ description: 'GA4 properties that its reports may read' });

/** Request body that creates a tenant. */
export const tenantBodySchema = z.strictObject({
  id: tenantIdSchema,
  name: z.string().min(1).max(200).optional(),
  weight: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .meta({ description: 'Share of capacity under contention, relative to other tenants' }),
  plan: z.string().min(1).max(40).default('standard'),
  priorityRules: priorityRulesSchema.nullable().optional(),
  ga4Properties: ga4PropertiesSchema.default([]),
});

/** Request body that changes a tenant; omitted fields stay as they are. */
export const tenantPatchSchema = z
  .strictObject({
    name: z.string().min(1).max(200),
    weight: z.int().min(1).max(100),
    plan: z.string().min(1).max(40),
    priorityRules: priorityRulesSchema.nullable().meta({ description: 'Replaces all rules; null turns all off' }),
    ga4Properties: ga4PropertiesSchema,
  })
  .partial();

/** A tenant in a response. */
export const tenantSchema = z.object({
  id: tenantIdSchema,
  name: z.string(),
  weight: z.int(),
  plan: z.string(),
  priorityRules: priorityRulesSchema.nullable(),
  ga4Properties: ga4PropertiesSchema,
  createdAt: z.iso.datetime(),
});
