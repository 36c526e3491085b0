import { z } from 'zod';

/** When calls of an upstream that is down stop, and how they begin again. */
export interface CircuitSettings {
  /** So many failures within the window open it. */
  readonly failures: number;
  /** Length of that window, in ms. */
  readonly withinMs: number;
  /** How long no call is made once it has opened, in ms. */
  readonly restMs: number;
  /** Then one call, a probe, is let through every so often, in ms. */
  readonly probeEveryMs: number;
  /** So many probes that are answered close it. */
  readonly successes: number;
}

/** Requirement 5, defaults: 5 failures within 30 s, a minute's rest, a probe every 5 s, 3 successes. */
export const DEFAULT_CIRCUIT: CircuitSettings = {
  failures: 5,
  withinMs: 30_000,
  restMs: 60_000,
  probeEveryMs: 5_000,
  successes: 3,
};

/** What a fleet says of its circuits in place of the tasks; undefined leaves a task's own. No failures: no circuit. */
export type CircuitOverrides = { readonly [Name in keyof CircuitSettings]?: number | undefined };

/** A tenant's circuit of an upstream, as it is answered. */
export const circuitStateSchema = z.object({
  upstream: z.string(),
  state: z.enum(['closed', 'open', 'half-open']).meta({
    description: 'open: the upstream is down, no calls are made; half-open: single calls find out whether it is back',
  }),
  probeInMs: z.int().meta({ description: 'Until the next call may be made; 0 when one may' }),
});
