import { quantile } from '../../support/quantile.js';
import type { Measured } from '../strikes/scene.js';

/** What was counted from one moment to another. */
export interface Window {
  readonly lastedMs: number;
  /** Jobs completed in it, each once. */
  readonly completed: number;
  /** Attempts started in it. */
  readonly starts: number;
}

/** All that an overload showed. */
export interface Overload {
  /** Every slot of the one tenant in use, and nobody submits but its neighbours. */
  readonly saturated: Window;
  readonly flooded: Window;
  /** From the request to the start of each job of the neighbours, in ms, by what there was at the time of the request. */
  readonly waitsMs: Readonly<Record<'calm' | 'saturated' | 'flooded' | 'refused', readonly number[]>>;
  /** From the request to its answer, in ms. */
  readonly answersMs: Overload['waitsMs'];
  /** Jobs that the one tenant had waiting at the end of its flood. */
  readonly backlog: number;
  readonly answers: ReadonlyMap<string, number>;
  readonly mostMib: ReadonlyMap<string, number>;
}

/** Useful work under overload is at least so much of what was done without. */
const LEAST_USEFUL = 0.9;

/** The wait of others grows by this factor at most. */
const MOST_WAIT_FACTOR = 2;

/** Below this a wait is as good as none, and its ratio says how busy the machine is, in ms. */
const NO_WAIT_MS = 50;

/** The figures of an overload, and those that are beyond their bounds. Pure. */
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
