import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import { HELP } from './help.js';
import { readRecordedLoad } from './load/recordedLoad.js';
import { syntheticLoad } from './load/syntheticLoad.js';
import type { SimulateOptions } from './options.js';
import { readOptions } from './options.js';
import { simulate } from './simulate.js';
import { summarise } from './summary.js';
import type { SimulatedJob } from './tenantQueue.js';
import { textOf } from './text.js';

/** The command's environment. */
export interface Surroundings {
  readonly readFile: (path: string) => string;
  readonly isTerminal: boolean;
}

/** The command's output, and where it goes. */
export type Printed = { readonly exitCode: 0; readonly out: string } | { readonly exitCode: 2; readonly err: string };

/** Runs the command line. */
export function runSimulation(args: readonly string[], surroundings: Surroundings): Printed {
  try {
    const options = readOptions(args);
    return { exitCode: 0, out: options === null ? HELP : report(options, surroundings) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { exitCode: 2, err: `${error.message}\nAll options: npm run simulate -- --help\n` };
  }
}

/** Approximate number of rows on a screen. */
const ROWS = 40;
const DEFAULT_MS = 600_000;
const AFTER_RECORDING_MS = 300_000;

function report(options: SimulateOptions, surroundings: Surroundings): string {
  const { settings, intervalMs, slotConcurrency, holds } = options;
  const { load, untilMs } = openLoad(options, surroundings);
  const result = simulate({ settings, intervalMs, slotConcurrency, holds, load, untilMs });
  const summaries = summarise(result);
  if (options.json) {
    const asked = { ...settings, intervalMs, slotConcurrency, untilMs };
    return `${JSON.stringify({ asked, summaries, timeline: result.timeline }, null, 2)}\n`;
  }
  const everyMs = options.everyMs ?? (untilMs * load.size) / ROWS;
  return textOf(result, summaries, { everyMs, sparklines: surroundings.isTerminal });
}

function openLoad(
  { source, untilMs }: SimulateOptions,
  { readFile }: Surroundings,
): { readonly load: ReadonlyMap<string, Iterable<SimulatedJob>>; readonly untilMs: number } {
  if (source.kind === 'synthetic') {
    const span = untilMs ?? DEFAULT_MS;
    return { load: syntheticLoad(source, span), untilMs: span };
  }
  const load = readRecordedLoad(readText(source.file, readFile), source.file);
  const lastMs = [...load.values()].reduce((last, jobs) => Math.max(last, jobs.at(-1)?.arrivedAtMs ?? 0), 0);
  return { load, untilMs: untilMs ?? lastMs + AFTER_RECORDING_MS };
}

function readText(file: string, readFile: Surroundings['readFile']): string {
  try {
    return readFile(file);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new ConfigurationError(`--recorded ${file} cannot be read (${why}).`, { cause: error });
  }
}
