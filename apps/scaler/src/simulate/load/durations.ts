import { ConfigurationError } from '@sluice/shared/errors/configurationError';

const MS_PER = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/**
 * Parses a duration such as `250ms`, `1.5s`, `10m` or `24h`, in ms.
 * @throws ConfigurationError when it is invalid
 */
export function readDurationMs(text: string, what: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  if (amount === undefined || !isUnit(unit)) {
    throw new ConfigurationError(
      `${what} is ${JSON.stringify(text)}: it must be a duration such as 250ms, 30s, 10m or 24h.`,
    );
  }
  return Number(amount) * MS_PER[unit];
}

/**
 * Parses a number of jobs per second, such as `0.5`.
 * @throws ConfigurationError when it is invalid, or above 100,000
 */
export function readPerSecond(text: string, what: string): number {
  const perSecond = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (perSecond <= MOST_PER_SECOND) return perSecond;
  throw new ConfigurationError(
    `${what} is ${JSON.stringify(text)}: it must be jobs per second, 0 to ${MOST_PER_SECOND}.`,
  );
}

const MOST_PER_SECOND = 100_000;

function isUnit(unit: string | undefined): unit is keyof typeof MS_PER {
  return unit !== undefined && Object.hasOwn(MS_PER, unit);
}
