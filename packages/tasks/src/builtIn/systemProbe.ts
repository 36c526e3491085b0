import { z } from 'zod';
import { defineTask } from '../defineTask.js';

/** Data of `system.probe`: how the probe behaves. */
export const probeDataSchema = z.strictObject({
  sleepMs: z.int().min(0).max(600_000).default(0).meta({ description: 'How long to run' }),
  fail: z.enum(['never', 'transient', 'permanent']).default('never'),
  failTimes: z.int().min(1).max(100).optional().meta({ description: 'Fail only the first N attempts' }),
  note: z.string().max(1_000).optional(),
});

/** Data of `system.probe`. */
export type ProbeData = z.infer<typeof probeDataSchema>;

/** Does nothing for the requested time, or fails on request: to try out a fleet, its retries and its limits. */
export const systemProbe = defineTask({
  name: 'system.probe',
  summary: 'Do nothing for a while, or fail on order: for trying out a fleet',
  data: probeDataSchema,
  timeoutMs: 600_000,
});
