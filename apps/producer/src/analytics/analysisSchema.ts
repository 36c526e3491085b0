import { z } from 'zod';
import { BOTTLENECKS } from '../domain/bottleneck.js';

const count = z.int().min(0);
const ms = z.number().nullable();

const waitSchema = z
  .object({ avg: ms, p50: ms, p90: ms, p99: ms })
  .meta({ description: 'In ms, over jobs that started; null when none did' });

/** Figures on how jobs perform. */
export const figuresSchema = z.object({
  accepted: count,
  started: count,
  completed: count,
  dead: count,
  retries: count.meta({ description: 'Attempts that were followed by a retry, or deferred by an upstream' }),
  successRate: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .meta({ description: 'Among completed and dead jobs; null when there are none' }),
  waitMs: waitSchema,
  serviceMs: waitSchema.meta({ description: 'Duration of successful attempts, in ms' }),
});

/** What to change first. */
export const bottleneckSchema = z.object({ kind: z.enum(BOTTLENECKS), because: z.string() });

/** A tenant's jobs over time. */
export const analysisSchema = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  stepMs: z.int(),
  points: z.array(
    figuresSchema.extend({
      at: z.iso.datetime().meta({ description: 'Start of the step' }),
      waiting: count.meta({ description: 'Jobs not yet started at the end of the step' }),
      underWay: count.meta({ description: 'Jobs started but not finished at the end of the step' }),
      busyShare: z.number().nullable().meta({ description: 'Utilisation of the slots during the step, 0 to 1' }),
      bottleneck: bottleneckSchema,
    }),
  ),
  total: figuresSchema,
  byTask: z.array(figuresSchema.extend({ task: z.string(), bottleneck: bottleneckSchema })),
  slots: count.nullable().meta({ description: 'Maximum slots that the tenant had at a time' }),
  busyShare: z.number().nullable().meta({ description: 'Utilisation of the slots while there was work, 0 to 1' }),
  bottleneck: bottleneckSchema,
  isWhole: z
    .boolean()
    .meta({ description: 'False when the range holds more jobs than are analysed; then only the newest are' }),
});

/** A tenant's jobs over time. */
export type Analysis = z.infer<typeof analysisSchema>;

/** Figures on how jobs perform. */
export type Figures = z.infer<typeof figuresSchema>;
