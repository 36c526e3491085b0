import { quantile } from '../../support/quantile.js';
import type { Measured } from '../strikes/scene.js';

/** Counts over a time window. */
export interface Window {
  readonly lastedMs: number;
  /** Jobs completed in the window, each counted once. */
  readonly completed: number;
  /** Attempts started in the window. */
  readonly starts: number;
}

/** Measurements of an overload. */
export interface Overload {
  /** All slots of the one tenant are in use, and only its neighbours submit. */
  readonly saturated: Window;
  readonly flooded: Window;
  /** From request to start of each neighbour's job, in ms, by the phase at the time of the request. */
  readonly waitsMs: Readonly<Record<'calm' | 'saturated' | 'flooded' | 'refused', readonly number[]>>;
  /** From request to response, in ms. */
  readonly answersMs: Overload['waitsMs'];
  /** Waiting jobs of the one tenant at the end of its flood. */
  readonly backlog: number;
  readonly answers: ReadonlyMap<string, number>;
  readonly mostMib: ReadonlyMap<string, number>;
}

/** Minimum goodput under overload, as a share of that without. */
const LEAST_USEFUL = 0.9;

/** Maximum factor by which other tenants' waits grow. */
const MOST_WAIT_FACTOR = 2;

/** Below this a wait is negligible, and its ratio only reflects how busy the machine is, in ms. */
const NO_WAIT_MS = 50;

/** The figures of an overload, and those outside their limits. Pure. */
export function readFigures(overload: Overload): Measured {
  const { saturated, flooded, waitsMs, answersMs, backlog, answers, mostMib } = overload;
  const useful = perSecond(flooded) / perSecond(saturated);
  const calmMs = quantile(waitsMs.calm, 0.99) ?? Number.NaN;
  const floodedMs = quantile(waitsMs.flooded, 0.99) ?? Number.NaN;
  const findings: string[] = [];
  if (!(useful >= LEAST_USEFUL)) findings.push(`useful work fell to ${percent(useful)} of the capacity`);
  if (!(floodedMs <= MOST_WAIT_FACTOR * Math.max(calmMs, NO_WAIT_MS))) {
    findings.push(`neighbours waited ${inMs(floodedMs)} (p99) in the flood, and ${inMs(calmMs)} before`);
  }
  return {
    figures: [
      `capacity ${perSecond(saturated).toFixed(1)} jobs/s, in the flood ${perSecond(flooded).toFixed(1)} (${percent(useful)}), ${(flooded.starts / flooded.completed).toFixed(2)} starts per job`,
      ...Object.entries(waitsMs).map(([name, waits]) => `neighbours' waits, ${name}: ${describeWaits(waits)}`),
      ...Object.entries(answersMs).map(([name, times]) => `neighbours' answers, ${name}: ${describeWaits(times)}`),
      `answers to the flood: ${[...answers].map(([name, count]) => `${name} ${count}`).join(', ')}; ${backlog} of its jobs still waited`,
      `most resident memory: ${[...mostMib].map(([name, mib]) => `${name} ${Math.round(mib)} MiB`).join(', ')}`,
    ],
    findings,
  };
}

function perSecond({ completed, lastedMs }: Window): number {
  return (completed / lastedMs) * 1_000;
}

function describeWaits(waits: readonly number[]): string {
  const [p50, p99, most] = [0.5, 0.99, 1].map((share) => inMs(quantile(waits, share) ?? Number.NaN));
  return `p50 ${p50}, p99 ${p99}, most ${most} (${waits.length} jobs)`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

function inMs(ms: number): string {
  return `${Math.round(ms)} ms`;
}
