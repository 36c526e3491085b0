import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import type { Random } from '../random.js';
import { exponential, normal } from '../random.js';
import { readDurationMs } from './durations.js';

/** How long a tenant's jobs run. */
export type ServiceTimes =
  | { readonly kind: 'fixed'; readonly meanMs: number }
  | { readonly kind: 'exponential'; readonly meanMs: number }
  /** `sigma` is the standard deviation of the logarithm: 0.5 is narrow, 1.5 has a long tail. */
  | { readonly kind: 'log-normal'; readonly meanMs: number; readonly sigma: number };

/**
 * Parses a service-time distribution: `fixed:1s`, `exponential:1s` or `log-normal:1s/1.5`.
 * @throws ConfigurationError that says what is wrong
 */
export function readServiceTimes(text: string): ServiceTimes {
  const [, kind, mean = '', sigma] = /^(fixed|exponential|log-normal):([^/]+)(?:\/(\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  const meanMs = kind === undefined ? 0 : readDurationMs(mean, `The time in --service ${text}`);
  if (kind === 'log-normal') return { kind, meanMs, sigma: Math.min(5, Number(sigma ?? 1)) };
  if ((kind === 'fixed' || kind === 'exponential') && sigma === undefined) return { kind, meanMs };
  throw new ConfigurationError(
    `--service ${text} is not valid: use fixed:1s, exponential:1s or log-normal:1s/1.5, optionally with a tenant as in acme=fixed:1s.`,
  );
}

/** Draws the next job's service time, in ms. A log-normal's mean is exp(mu + sigma^2 / 2). */
export function drawServiceMs(times: ServiceTimes, random: Random): number {
  switch (times.kind) {
    case 'fixed':
      return times.meanMs;
    case 'exponential':
      return exponential(random, times.meanMs);
    case 'log-normal':
      return times.meanMs * Math.exp(times.sigma * normal(random) - times.sigma ** 2 / 2);
  }
}
