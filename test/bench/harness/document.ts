import { z } from 'zod';

const figure = z.number().nullable();

/** One measured figure of ours beside the same figure of the reference, measured in the same run. */
const rowSchema = z.strictObject({
  metric: z.string().min(1),
  unit: z.string().min(1),
  ours: figure,
  reference: figure,
  /** Ours by the reference's: the median over pairs of runs, not the quotient of the two medians. */
  ratio: figure,
  /** Least or largest value that is asked for, in words such as `ratio >= 1.0`; null when none is set. */
  target: z.string().nullable(),
  /** Null when there is no target. */
  met: z.boolean().nullable(),
});

/** One row of a bench's document. */
export type BenchRow = z.infer<typeof rowSchema>;

/** The one document that every bench prints with `--json`. */
export const benchDocumentSchema = z.strictObject({
  bench: z.string(),
  /** The commit that was measured, with `-dirty` behind it when files had been changed; `unknown` outside of git. */
  commit: z.string(),
  machine: z.strictObject({
    cpu: z.string(),
    cores: z.int().positive(),
    memoryMiB: z.int().positive(),
    system: z.string(),
    node: z.string(),
    redis: z.string(),
    postgres: z.string(),
    bullmq: z.string(),
  }),
  rows: z.array(rowSchema).min(1),
});

/** The one document that every bench prints with `--json`. */
export type BenchDocument = z.infer<typeof benchDocumentSchema>;
