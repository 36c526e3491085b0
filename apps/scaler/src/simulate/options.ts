import { parseArgs } from 'node:util';
import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import type { ScalingSettings } from '../domain/scaling/decideSlots.js';
import { POLICY_NAMES } from '../domain/scaling/policy.js';
import { readDurationMs } from './load/durations.js';
import { readArrivals, splitOnce } from './load/readArrivals.js';
import { readServiceTimes } from './load/serviceTimes.js';
import type { MadeUpLoad } from './load/syntheticLoad.js';
import type { Hold } from './plan.js';

/** Where the load comes from. */
export type LoadSource =
  | { readonly kind: 'recorded'; readonly file: string }
  | ({ readonly kind: 'synthetic' } & MadeUpLoad);

/** Options of the simulation command. */
export interface SimulateOptions {
  readonly settings: ScalingSettings;
  readonly intervalMs: number;
  readonly slotConcurrency: number;
  readonly source: LoadSource;
  readonly holds: readonly Hold[];
  /** Null when not given: ten minutes, or five more than the recording. */
  readonly untilMs: number | null;
  /** Null when not given: as many rows as fit on a screen. */
  readonly everyMs: number | null;
  readonly json: boolean;
}

const FLAGS = {
  policy: { type: 'string', default: 'queue-length' },
  interval: { type: 'string', default: '30s' },
  min: { type: 'string', default: '1' },
  max: { type: 'string', default: '5' },
  'jobs-per-slot': { type: 'string', default: '10' },
  'drain-target': { type: 'string', default: '60s' },
  stabilisation: { type: 'string', default: '60s' },
  'slot-concurrency': { type: 'string', default: '1' },
  load: { type: 'string', multiple: true },
  service: { type: 'string', multiple: true },
  recorded: { type: 'string' },
  hold: { type: 'string', multiple: true },
  minutes: { type: 'string' },
  every: { type: 'string' },
  seed: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Values = ReturnType<typeof parseFlags>;

/**
 * Parses the command line.
 * @returns null when help is requested
 * @throws ConfigurationError that says what is wrong with it
 */
export function readOptions(args: readonly string[]): SimulateOptions | null {
  const values = parseFlags(args);
  if (values.help) return null;
  const intervalMs = durationOf(values.interval, '--interval', 100, 3_600_000);
  return {
    settings: readSettings(values),
    intervalMs,
    slotConcurrency: wholeOf(values['slot-concurrency'], '--slot-concurrency', 1, 1_000),
    source: readSource(values),
    holds: (values.hold ?? []).map(readHold),
    untilMs: values.minutes === undefined ? null : minutesOf(values.minutes) * 60_000,
    everyMs: values.every === undefined ? null : durationOf(values.every, '--every', 1, DAY_MS),
    json: values.json,
  };
}

const DAY_MS = 86_400_000;

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS }).values;
  } catch (error) {
    throw new ConfigurationError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function readSettings(values: Values): ScalingSettings {
  const kind = POLICY_NAMES.find((name) => name === values.policy);
  if (kind === undefined) {
    throw new ConfigurationError(`--policy is ${values.policy}: it must be one of ${POLICY_NAMES.join(', ')}.`);
  }
  const minSlots = wholeOf(values.min, '--min', 1, 1_000);
  const maxSlots = wholeOf(values.max, '--max', 1, 1_000);
  if (minSlots > maxSlots) throw new ConfigurationError(`--min ${minSlots} is above --max ${maxSlots}.`);
  const slotConcurrency = wholeOf(values['slot-concurrency'], '--slot-concurrency', 1, 1_000);
  const bounds = { minSlots, maxSlots, jobsPerSlot: wholeOf(values['jobs-per-slot'], '--jobs-per-slot', 1, 1_000_000) };
  const stabilisationMs = durationOf(values.stabilisation, '--stabilisation', 0, DAY_MS);
  if (kind === 'queue-length') return { policy: { kind, ...bounds, slotConcurrency }, stabilisationMs };
  const drainTargetSeconds = durationOf(values['drain-target'], '--drain-target', 1_000, DAY_MS) / 1_000;
  return { policy: { kind, ...bounds, slotConcurrency, drainTargetSeconds }, stabilisationMs };
}

function readSource(values: Values): LoadSource {
  const { load, service, recorded } = values;
  if (recorded !== undefined) {
    if (load !== undefined || service !== undefined) {
      throw new ConfigurationError('--recorded has its own load: omit --load and --service.');
    }
    return { kind: 'recorded', file: recorded };
  }
  const named = (load ?? ['poisson:1']).map((text) => {
    const { tenant, rest } = splitTenant(text);
    return { tenant: tenant ?? 'acme', arrivals: readArrivals(rest) };
  });
  const times = (service ?? []).map((text) => {
    const { tenant, rest } = splitTenant(text);
    if (tenant !== null && !named.some((one) => one.tenant === tenant)) {
      throw new ConfigurationError(`--service ${text} is for ${tenant}, which has no --load.`);
    }
    return [tenant, readServiceTimes(rest)] as const;
  });
  const standard = [null, { kind: 'exponential', meanMs: 1_000 }] as const;
  const seed = wholeOf(values.seed, '--seed', 0, 2 ** 32 - 1);
  return { kind: 'synthetic', arrivals: named, service: new Map([standard, ...times]), seed };
}

function readHold(text: string): Hold {
  const { tenant, rest } = splitTenant(text);
  const [, because, from = '', to = ''] = /^(paused|rate-limited|quota|circuit)@(.+?)\.\.(.+)$/.exec(rest) ?? [];
  if (!isPaused(because)) {
    throw new ConfigurationError(
      `--hold ${text} is not valid: use paused@1m..2m (or rate-limited, quota, circuit), optionally with a tenant as in acme=paused@1m..2m.`,
    );
  }
  const [fromMs, toMs] = [
    readDurationMs(from, `The start in --hold ${text}`),
    readDurationMs(to, `The end in --hold ${text}`),
  ];
  if (toMs <= fromMs)
    throw new ConfigurationError(`--hold ${text} ends before it starts: the second time must be later than the first.`);
  return { tenant, because, fromMs, toMs };
}

function isPaused(text: string | undefined): text is Hold['because'] {
  return text === 'paused' || text === 'rate-limited' || text === 'quota' || text === 'circuit';
}

function splitTenant(text: string): { readonly tenant: string | null; readonly rest: string } {
  const [tenant, rest] = splitOnce(text, '=');
  return rest === undefined ? { tenant: null, rest: tenant } : { tenant, rest };
}

function wholeOf(text: string, flag: string, least: number, most: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new ConfigurationError(
    `${flag} is ${JSON.stringify(text)}: it must be a whole number from ${least} to ${most}.`,
  );
}

function durationOf(text: string, flag: string, leastMs: number, mostMs: number): number {
  const ms = readDurationMs(text, flag);
  if (ms >= leastMs && ms <= mostMs) return ms;
  throw new ConfigurationError(`${flag} is ${text}: it must be from ${leastMs} ms to ${mostMs} ms.`);
}

function minutesOf(text: string): number {
  const minutes = /^\d{1,5}(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (minutes > 0 && minutes <= 10_080) return minutes;
  throw new ConfigurationError(`--minutes is ${JSON.stringify(text)}: it must be above 0 and at most 10080, a week.`);
}
