import type { Random } from '../random.js';
import { exponential } from '../random.js';

/** How a tenant's jobs arrive. Rates are in jobs per second. All but `constant` and `flood` are Poisson processes. */
export type Arrivals =
  /** Evenly spaced. */
  | { readonly kind: 'constant'; readonly perSecond: number }
  | { readonly kind: 'poisson'; readonly perSecond: number }
  /** One rate, then another from a given time. */
  | { readonly kind: 'step'; readonly from: number; readonly to: number; readonly atMs: number }
  /** Linear from one rate to another between two times. */
  | { readonly kind: 'ramp'; readonly from: number; readonly to: number; readonly atMs: number; readonly endMs: number }
  /** One rate, and another between two times. */
  | {
      readonly kind: 'spike';
      readonly from: number;
      readonly to: number;
      readonly atMs: number;
      readonly endMs: number;
    }
  /** A sine between two rates, starting at the lower one. */
  | { readonly kind: 'wave'; readonly from: number; readonly to: number; readonly periodMs: number }
  /** A number of jobs at one time. */
  | { readonly kind: 'flood'; readonly jobs: number; readonly atMs: number };

/**
 * Yields arrival times in ms from 0, ascending and endless except for a flood and a rate that stays 0. A varying rate
 * is thinned from its maximum: Lewis and Shedler, "Simulation of Nonhomogeneous Poisson Processes by Thinning", 1979.
 */
export function* arrivalTimes(arrivals: Arrivals, random: Random, untilMs: number): Generator<number> {
  if (arrivals.kind === 'flood') {
    for (let job = 0; job < arrivals.jobs; job++) yield arrivals.atMs;
    return;
  }
  const highest = highestPerSecond(arrivals);
  if (highest === 0) return;
  if (arrivals.kind === 'constant') {
    for (let job = 1; (job * 1_000) / highest < untilMs; job++) yield (job * 1_000) / highest;
    return;
  }
  for (let atMs = exponential(random, 1_000 / highest); atMs < untilMs; atMs += exponential(random, 1_000 / highest)) {
    if (random() * highest < perSecondAt(arrivals, atMs)) yield atMs;
  }
}

type Rated = Exclude<Arrivals, { readonly kind: 'flood' }>;

/** Jobs per second at a given time. */
function perSecondAt(arrivals: Rated, atMs: number): number {
  switch (arrivals.kind) {
    case 'constant':
    case 'poisson':
      return arrivals.perSecond;
    case 'step':
      return atMs < arrivals.atMs ? arrivals.from : arrivals.to;
    case 'spike':
      return atMs >= arrivals.atMs && atMs < arrivals.endMs ? arrivals.to : arrivals.from;
    case 'ramp': {
      const part = (atMs - arrivals.atMs) / (arrivals.endMs - arrivals.atMs);
      return arrivals.from + (arrivals.to - arrivals.from) * Math.min(1, Math.max(0, part));
    }
    case 'wave': {
      const part = (1 - Math.cos((2 * Math.PI * atMs) / arrivals.periodMs)) / 2;
      return arrivals.from + (arrivals.to - arrivals.from) * part;
    }
  }
}

function highestPerSecond(arrivals: Rated): number {
  return 'perSecond' in arrivals ? arrivals.perSecond : Math.max(arrivals.from, arrivals.to);
}
