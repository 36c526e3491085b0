import { parseArgs } from 'node:util';
import type { Bench, BenchOptions } from './bench.js';

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'say'; readonly text: string; readonly exitCode: number }
  | {
      readonly kind: 'run';
      readonly bench: Bench;
      readonly json: boolean;
      /** Only the bench's own numbers are worth keeping. */
      readonly save: boolean;
      readonly options: Omit<BenchOptions, 'progress'>;
    };

/** Reads the command line; whatever cannot be understood is answered with a sentence and the list of benches. */
export function readCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  benches: readonly Bench[],
): Command {
  const usage = usageOf(benches);
  const refuse = (why: string): Command => ({ kind: 'say', text: `${why}\n\n${usage}`, exitCode: 1 });
  const parsed = parse(args);
  if (typeof parsed === 'string') return refuse(parsed);
  const { values, positionals } = parsed;
  if (values.help === true) return { kind: 'say', text: usage, exitCode: 0 };
  const [name] = positionals;
  const bench = benches.find((one) => one.name === name);
  if (bench === undefined || positionals.length > 1) {
    return refuse(name === undefined ? 'Say which bench to run.' : `There is no bench "${positionals.join(' ')}".`);
  }
  const [runs, jobs] = [toCount(values.runs), toCount(values.jobs)];
  if (runs === 'wrong' || jobs === 'wrong') return refuse('--runs and --jobs take a whole number from 1.');
  const { REDIS_URL, DATABASE_URL } = environment;
  if (!REDIS_URL || !DATABASE_URL) return refuse('Set REDIS_URL and DATABASE_URL, or type: npm run bench');
  return {
    kind: 'run',
    bench,
    json: values.json === true,
    save: runs === null && jobs === null && values.profile === undefined,
    options: { runs, jobs, profileDir: values.profile ?? null, redisUrl: REDIS_URL, databaseUrl: DATABASE_URL },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        json: { type: 'boolean' },
        runs: { type: 'string' },
        jobs: { type: 'string' },
        profile: { type: 'string' },
      },
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function toCount(text: string | undefined): number | null | 'wrong' {
  if (text === undefined) return null;
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : 'wrong';
}

function usageOf(benches: readonly Bench[]): string {
  return [
    'npm run bench -- <bench> [--json] [--runs N] [--jobs N] [--profile DIR]',
    '',
    ...benches.map(({ name, summary }) => `  ${name.padEnd(14)}${summary}`),
    '',
    '  --json         print one JSON document, and how it goes on standard error',
    '  --runs N       pairs of runs that count',
    '  --jobs N       jobs per run',
    '  --profile DIR  leave CPU profiles of our worker process there',
    '',
    'Results are kept under docs/benchmarks, unless --runs, --jobs or --profile is given.',
  ].join('\n');
}
