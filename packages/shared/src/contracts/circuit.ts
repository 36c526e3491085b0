import { z } from 'zod';

/** When calls to a failing upstream stop, and how they resume. */
export interface CircuitSettings {
  /** Failures within the window that open it. */
  readonly failures: number;
  /** Length of that window, in ms. */
  readonly withinMs: number;
  /** How long an open circuit stops all calls, in ms. */
  readonly restMs: number;
  /** Interval between probe calls while half-open, in ms. */
  readonly probeEveryMs: number;
  /** Successful probes that close it. */
  readonly successes: number;
}

/** Requirement 5, defaults: 5 failures within 30 s, open for one minute, a probe every 5 s, 3 successes. */
export const DEFAULT_CIRCUIT: CircuitSettings = {
  failures: 5,
  withinMs: 30_000,
  restMs: 60_000,
  probeEveryMs: 5_000,
  successes: 3,
};

/** The fleet's overrides of the tasks' circuits; undefined keeps the task's value. 0 failures: no circuit. */
export type CircuitOverrides = { readonly [Name in keyof CircuitSettings]?: number | undefined };

/** A tenant's circuit of an upstream, as the API returns it. */
export const circuitStateSchema = z.object({
  upstream: z.string(),
  state: z.enum(['closed', 'open', 'half-open']).meta({
    description:
      'open: the upstream is failing, no calls are made; half-open: single probe calls test whether it has recovered',
  }),
  probeInMs: z.int().meta({ description: 'Time until the next call is allowed, in ms; 0 when allowed now' }),
});
