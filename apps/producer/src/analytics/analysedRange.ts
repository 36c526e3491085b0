import { momentSchema } from '@sluice/shared/contracts/moment';
import type { FieldProblem } from '@sluice/shared/errors/invalidRequestError';
import { InvalidRequestError } from '@sluice/shared/errors/invalidRequestError';
import { z } from 'zod';

/** Maximum range, maximum number of points, and minimum step of a query. */
const MAX_RANGE_DAYS = 31;
const MAX_POINTS = 500;
const MIN_STEP_MS = 1_000;

const DEFAULT_RANGE_MS = 3_600_000;
const DEFAULT_POINTS = 60;

const UNIT_MS = { '': 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The time range of a query. */
export const rangeQuerySchema = z.strictObject({
  from: momentSchema.optional().meta({ description: 'One hour before `to` by default' }),
  to: momentSchema.optional().meta({ description: 'Exclusive; now by default. At most 31 days after `from`' }),
});

/** The same, split into steps. */
export const stepsQuerySchema = rangeQuerySchema.extend({
  step: z
    .string()
    .regex(/^\d{1,11}[smhd]?$/, 'must be milliseconds, or a number followed by s, m, h or d')
    .optional()
    .meta({
      description: 'Length of a step: milliseconds, or a duration such as `30s`, `5m`, `1h`, `1d`; at most 500 steps',
    }),
});

/** A half-open range, from `fromMs` to before `toMs`, unix ms. */
export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Reads the requested range.
 * @throws InvalidRequestError naming the field and its bound
 */
export function readRange({ from, to }: z.infer<typeof rangeQuerySchema>, nowMs: number): Range {
  const toMs = to === undefined ? Math.max(nowMs, from === undefined ? 0 : Date.parse(from) + 1) : Date.parse(to);
  const fromMs = from === undefined ? toMs - DEFAULT_RANGE_MS : Date.parse(from);
  if (fromMs >= toMs) throw refusal({ pointer: '/from', message: 'must be before to' });
  if (toMs - fromMs > MAX_RANGE_DAYS * UNIT_MS.d) {
    throw refusal({ pointer: '/from', message: `must be at most ${MAX_RANGE_DAYS} days before to` });
  }
  return { fromMs, toMs };
}

/**
 * Reads the requested range and step. Widens the range to whole steps counted from 1970, so that step boundaries do not
 * depend on when the request is made.
 * @throws InvalidRequestError naming the field and its bound
 */
export function readSteps(query: z.infer<typeof stepsQuerySchema>, nowMs: number): Range & { readonly stepMs: number } {
  const { fromMs, toMs } = readRange(query, nowMs);
  const stepMs = query.step === undefined ? usualStep(toMs - fromMs) : readStep(query.step);
  if (stepMs < MIN_STEP_MS) throw refusal({ pointer: '/step', message: `must be at least ${MIN_STEP_MS} ms` });
  const whole = { fromMs: Math.floor(fromMs / stepMs) * stepMs, toMs: Math.ceil(toMs / stepMs) * stepMs };
  const points = (whole.toMs - whole.fromMs) / stepMs;
  if (points > MAX_POINTS) {
    const message = `gives ${points} points for this range; at most ${MAX_POINTS} are allowed, so use a longer step`;
    throw refusal({ pointer: '/step', message });
  }
  return { ...whole, stepMs };
}

function readStep(text: string): number {
  const [, digits = '0', unit = ''] = /^(\d+)(\D?)$/.exec(text) ?? [];
  return Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

/** The shortest round step that yields at most the default number of points. */
function usualStep(rangeMs: number): number {
  const round = [1, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 21_600].map((seconds) => seconds * 1_000);
  return round.find((stepMs) => rangeMs / stepMs <= DEFAULT_POINTS) ?? UNIT_MS.d;
}

function refusal(field: FieldProblem): InvalidRequestError {
  return new InvalidRequestError('The query is not valid.', [field]);
}
