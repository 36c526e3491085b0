import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import type { Arrivals } from './arrivals.js';
import { readDurationMs, readPerSecond } from './durations.js';

const SHAPES =
  'constant:5, poisson:5, step:1->50@60s, ramp:1->20@1m..5m, spike:1->100@60s..70s, wave:1->20/10m or flood:5000@60s';

/**
 * Parses an arrival pattern such as `step:1->50@60s`. Rates are in jobs per second.
 * @throws ConfigurationError that says what is wrong
 */
export function readArrivals(text: string): Arrivals {
  const [kind = '', rest = ''] = splitOnce(text, ':');
  const rate = (part: string): number => readPerSecond(part, `The rate in --load ${text}`);
  const moment = (part: string): number => readDurationMs(part, `The time in --load ${text}`);
  switch (kind) {
    case 'constant':
    case 'poisson':
      return { kind, perSecond: rate(rest) };
    case 'step': {
      const [from, to, at] = partsOf(text, rest, /^(.+)->(.+)@(.+)$/);
      return { kind, from: rate(from), to: rate(to), atMs: moment(at) };
    }
    case 'ramp':
    case 'spike': {
      const [from, to, at, end] = partsOf(text, rest, /^(.+)->(.+)@(.+?)\.\.(.+)$/);
      return inOrder(text, { kind, from: rate(from), to: rate(to), atMs: moment(at), endMs: moment(end) });
    }
    case 'wave': {
      const [from, to, period] = partsOf(text, rest, /^(.+)->(.+)\/(.+)$/);
      const periodMs = moment(period);
      if (periodMs === 0) throw new ConfigurationError(`The period in --load ${text} must be longer than nothing.`);
      return { kind, from: rate(from), to: rate(to), periodMs };
    }
    case 'flood': {
      const [jobs, at] = partsOf(text, rest, /^(\d{1,7})@(.+)$/);
      return { kind, jobs: Number(jobs), atMs: moment(at) };
    }
    default:
      throw unknownShape(text);
  }
}

function inOrder<Span extends { readonly atMs: number; readonly endMs: number }>(text: string, span: Span): Span {
  if (span.endMs > span.atMs) return span;
  throw new ConfigurationError(`--load ${text} ends before it starts: the second time must be later than the first.`);
}

function partsOf(text: string, rest: string, pattern: RegExp): [string, string, string, string] {
  const match = pattern.exec(rest);
  if (match === null) throw unknownShape(text);
  const [, first = '', second = '', third = '', fourth = ''] = match;
  return [first, second, third, fourth];
}

function unknownShape(text: string): ConfigurationError {
  return new ConfigurationError(
    `--load ${text} is not valid: use ${SHAPES}, optionally with a tenant as in acme=poisson:5.`,
  );
}

/** Splits a text at the first occurrence of a mark; the second part is undefined when there is none. */
export function splitOnce(text: string, mark: string): readonly [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + mark.length)];
}
