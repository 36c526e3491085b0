import { parseArgs } from 'node:util';
import type { Strike } from '../strikes/scene.js';

/** How the soak runs. */
export interface SoakOptions {
  readonly minutes: number;
  /** Strike with each fault once, in sequence, instead of drawing faults until the time is up. */
  readonly each: boolean;
  /** Seed of all random choices; the same seed draws the same faults in the same order. */
  readonly seed: number;
  readonly strikes: readonly Strike[];
  /** Print one JSON document instead of a table. */
  readonly json: boolean;
}

/** The parsed command line. */
export type SoakCommand =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'wrong'; readonly text: string }
  | { readonly kind: 'run'; readonly options: SoakOptions };

const DEFAULT_MINUTES = 5;

/**
 * Parses the command line.
 * @param anySeed used when none is given
 */
export function readSoakCommand(args: readonly string[], all: readonly Strike[], anySeed: number): SoakCommand {
  const wrong = (why: string): SoakCommand => ({ kind: 'wrong', text: `${why}\n\n${helpOf(all)}` });
  const values = parse(args);
  if (typeof values === 'string') return wrong(values);
  if (values.help === true) return { kind: 'help', text: helpOf(all) };
  const each = values.each === true;
  if (each && values.minutes !== undefined) return wrong('--each takes as long as it takes: leave --minutes out');
  const minutes = Number(values.minutes ?? DEFAULT_MINUTES);
  if (!(minutes > 0 && minutes <= 100_000)) return wrong('--minutes must be a number above 0, such as 5 or 0.5');
  const seed = values.seed ?? String(anySeed);
  if (!/^\d{1,9}$/.test(seed)) return wrong('--seed must be a whole number');
  const wanted = values.only?.flatMap((one) => one.split(',')) ?? all.map(({ name }) => name);
  const unknown = wanted.find((name) => !all.some((strike) => strike.name === name));
  if (unknown !== undefined) return wrong(`There is no fault "${unknown}".`);
  const strikes = all.filter(({ name }) => wanted.includes(name));
  return { kind: 'run', options: { minutes, each, seed: Number(seed), strikes, json: values.json === true } };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string' },
        each: { type: 'boolean' },
        seed: { type: 'string' },
        only: { type: 'string', multiple: true },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function helpOf(all: readonly Strike[]): string {
  return `Runs a fleet under load on servers of its own, lets faults strike it at random, alone and two at a time,
and checks after each that no promise was broken.

  npm run faults [-- options]

  --minutes N   how long, in minutes (default ${DEFAULT_MINUTES}); the round that is under way is ended
  --each        strike with each fault once, one after the other, and end
  --seed N      seed of all chances, a whole number; it is printed first, to run the same again
  --only NAME   only this fault; may be repeated, or several joined by commas
  --json        print one JSON document on standard output, and the progress on standard error
  --help        print this

A fault that measures prints its figures; those beyond their bounds are listed at the end, and end nothing, as
they depend on the machine.
Exits 0 when every promise was kept. When one was broken it stops, keeps what shows it (logs, accepted ids,
the ledger's rows) and says where, and exits 1.

Faults:
${all.map(({ name, summary }) => `  ${name.padEnd(19)} ${summary}`).join('\n')}`;
}
