import { z } from 'zod';
import { BOTTLENECKS } from '../domain/bottleneck.js';

const count = z.int().min(0);
const ms = z.number().nullable();

const waitSchema = z
  .object({ avg: ms, p50: ms, p90: ms, p99: ms })
  .meta({ description: 'In ms, of the jobs that started; null when none did' });

/** How a job fares, in figures. */
export const figuresSchema = z.object({
  accepted: count,
  started: count,
  completed: count,
  dead: count,
  retries: count.meta({ description: 'Attempts that failed and were tried again, or that an upstream put off' }),
  successRate: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .meta({ description: 'Of completed and dead jobs; null without any' }),
  waitMs: waitSchema,
  serviceMs: waitSchema.meta({ description: 'How long the attempts that completed jobs took, in ms' }),
});

/** What is to be changed first. */
export const bottleneckSchema = z.object({ kind: z.enum(BOTTLENECKS), because: z.string() });

/** A tenant's jobs over time. */
export const analysisSchema = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  stepMs: z.int(),
  points: z.array(
    figuresSchema.extend({
      at: z.iso.datetime().meta({ description: 'Begin of the step' }),
      waiting: count.meta({ description: 'Jobs that have not started, at the end of the step' }),
      underWay: count.meta({ description: 'Jobs that have started and are not over, at the end of the step' }),
      busyShare: z.number().nullable().meta({ description: "Share of the slots' time in the step that jobs took" }),
      bottleneck: bottleneckSchema,
    }),
  ),
  total: figuresSchema,
  byTask: z.array(figuresSchema.extend({ task: z.string(), bottleneck: bottleneckSchema })),
  slots: count.nullable().meta({ description: 'Most slots that the tenant had at a time' }),
  busyShare: z
    .number()
    .nullable()
    .meta({ description: "Share of the slots' time that jobs took while there was work" }),
  bottleneck: bottleneckSchema,
  isWhole: z.boolean().meta({ description: 'False when there were more jobs than are looked at: the newest count' }),
});

/** A tenant's jobs over time. */
export type Analysis = z.infer<typeof analysisSchema>;

/** How a job fares, in figures. */
export type Figures = z.infer<typeof figuresSchema>;
