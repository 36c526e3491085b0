import { z } from 'zod';
import { defineTask } from '../defineTask.js';

/** Faults that a job can cause in the process that runs it. */
const FAULT_ACTS = ['none', 'throw', 'uncaught', 'exit', 'memory', 'block'] as const;

/** Data of `system.fault`: the effect first, then the wait, then the act. */
export const faultDataSchema = z.strictObject({
  act: z.enum(FAULT_ACTS).default('none').meta({
    description:
      'Fail, throw outside of the attempt, end the process, fill its memory, or loop for ever without giving way',
  }),
  actTimes: z.int().min(1).max(100).optional().meta({ description: 'Act only in the first N attempts' }),
  holdMs: z.int().min(0).max(600_000).default(0).meta({ description: 'How long to wait before the act' }),
  heedsSignal: z
    .boolean()
    .default(true)
    .meta({ description: 'Whether the wait ends when the attempt is told to stop' }),
  effect: z.enum(['plain', 'once', 'tx']).default('plain').meta({
    description:
      'How the effect is had: a POST at each attempt, a POST remembered, or a row of fault_effects in the ledger',
  }),
  sinkUrl: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
    .max(2_048)
    .optional()
    .meta({ description: 'Where to POST jobId, tenantId and attempt' }),
});

/** Data of `system.fault`. */
export type FaultData = z.infer<typeof faultDataSchema>;

/**
 * Harms the process that runs it, on request: for tests and rehearsals of a fleet. Available only where
 * `SLUICE_FAULT_TASKS` enables it.
 */
export const systemFault = defineTask({
  name: 'system.fault',
  summary: 'Harm the process that runs it, on order: for rehearsals',
  data: faultDataSchema,
  timeoutMs: 600_000,
});
