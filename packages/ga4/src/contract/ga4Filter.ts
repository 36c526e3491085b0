import { z } from 'zod';

/** A dimension or metric by its API name, such as `pagePath` or `customEvent:plan`. */
export const ga4NameSchema = z
  .string()
  .max(200)
  .regex(/^[A-Za-z][A-Za-z0-9_]*(?::[A-Za-z0-9_.[\]-]+)?$/, 'must be an API name such as pagePath or customEvent:plan');

const numericValueSchema = z
  .strictObject({
    int64Value: z
      .string()
      .regex(/^-?\d{1,19}$/, 'must be whole digits in a string')
      .optional(),
    doubleValue: z.number().optional(),
  })
  .refine(hasOne, 'needs exactly one of int64Value and doubleValue');

const MATCH_TYPES = ['EXACT', 'BEGINS_WITH', 'ENDS_WITH', 'CONTAINS', 'FULL_REGEXP', 'PARTIAL_REGEXP'] as const;
const OPERATIONS = ['EQUAL', 'LESS_THAN', 'LESS_THAN_OR_EQUAL', 'GREATER_THAN', 'GREATER_THAN_OR_EQUAL'] as const;

const filterSchema = z
  .strictObject({
    fieldName: ga4NameSchema,
    stringFilter: z
      .strictObject({
        matchType: z.enum(MATCH_TYPES).default('EXACT'),
        value: z.string().max(2_000),
        caseSensitive: z.boolean().optional(),
      })
      .optional(),
    inListFilter: z
      .strictObject({
        values: z.array(z.string().max(2_000)).min(1).max(1_000),
        caseSensitive: z.boolean().optional(),
      })
      .optional(),
    numericFilter: z.strictObject({ operation: z.enum(OPERATIONS), value: numericValueSchema }).optional(),
    betweenFilter: z.strictObject({ fromValue: numericValueSchema, toValue: numericValueSchema }).optional(),
    emptyFilter: z.strictObject({}).optional(),
  })
  .refine(
    ({ fieldName: _, ...kinds }) => hasOne(kinds),
    'needs exactly one of stringFilter, inListFilter, numericFilter, betweenFilter and emptyFilter',
  );

/** A filter in the format of GA4's REST API; exactly one member is set. */
export interface Ga4FilterExpression {
  readonly andGroup?: { readonly expressions: readonly Ga4FilterExpression[] } | undefined;
  readonly orGroup?: { readonly expressions: readonly Ga4FilterExpression[] } | undefined;
  readonly notExpression?: Ga4FilterExpression | undefined;
  readonly filter?: z.output<typeof filterSchema> | undefined;
}

/** Validates a {@link Ga4FilterExpression}. */
export const ga4FilterExpressionSchema: z.ZodType<Ga4FilterExpression> = z
  .strictObject({
    get andGroup() {
      return groupSchema().optional();
    },
    get orGroup() {
      return groupSchema().optional();
    },
    get notExpression(): z.ZodOptional<z.ZodType<Ga4FilterExpression>> {
      return ga4FilterExpressionSchema.optional();
    },
    filter: filterSchema.optional(),
  })
  .refine(hasOne, 'needs exactly one of andGroup, orGroup, notExpression and filter')
  .meta({ id: 'Ga4FilterExpression', description: 'FilterExpression of the Google Analytics Data API' });

function groupSchema(): z.ZodObject<{ expressions: z.ZodArray<z.ZodType<Ga4FilterExpression>> }, z.core.$strict> {
  return z.strictObject({ expressions: z.array(ga4FilterExpressionSchema).min(1).max(100) });
}

/** How rows are ordered: by a metric or by a dimension. */
export const ga4OrderBySchema = z
  .strictObject({
    desc: z.boolean().optional(),
    metric: z.strictObject({ metricName: ga4NameSchema }).optional(),
    dimension: z
      .strictObject({
        dimensionName: ga4NameSchema,
        orderType: z.enum(['ALPHANUMERIC', 'CASE_INSENSITIVE_ALPHANUMERIC', 'NUMERIC']).optional(),
      })
      .optional(),
  })
  .refine(({ metric, dimension }) => hasOne({ metric, dimension }), 'needs exactly one of metric and dimension');

function hasOne(members: object): boolean {
  return Object.values(members).filter((member) => member !== undefined).length === 1;
}
