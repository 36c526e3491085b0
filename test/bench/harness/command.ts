import { parseArgs } from 'node:util';
import type { Bench, BenchOptions } from './bench.js';

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'say'; readonly text: string; readonly exitCode: number }
  | {
      readonly kind: 'run';
      readonly bench: Bench;
      readonly json: boolean;
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
  const counts = readCounts(values);
  if (counts === 'wrong')
    return refuse(`${COUNTS.map((one) => `--${one}`).join(', ')} take a number above 0, whole but for --seconds.`);
  const only = readParts(values.only, bench);
  if (typeof only === 'string') return refuse(only);
  const { REDIS_URL, DATABASE_URL } = environment;
  if (!REDIS_URL || !DATABASE_URL) return refuse('Set REDIS_URL and DATABASE_URL, or type: npm run bench');
  const sameJobs = values['plain-jobs'] !== true;
  const profileDir = values.profile ?? null;
  // Only the bench's own numbers are worth keeping.
  const save = Object.values(counts).every((one) => one === null) && only === null && sameJobs && profileDir === null;
  return {
    kind: 'run',
    bench,
    json: values.json === true,
    options: {
      runs: counts.rounds ?? counts.runs,
      jobs: counts.jobs,
      tenants: counts.tenants,
      seconds: counts.seconds,
      only,
      sameJobs,
      save,
      profileDir,
      redisUrl: REDIS_URL,
      databaseUrl: DATABASE_URL,
    },
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
        rounds: { type: 'string' },
        jobs: { type: 'string' },
        tenants: { type: 'string' },
        seconds: { type: 'string' },
        only: { type: 'string', multiple: true },
        'plain-jobs': { type: 'boolean' },
        profile: { type: 'string' },
      },
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const COUNTS = ['runs', 'rounds', 'jobs', 'tenants', 'seconds'] as const;

type Count = (typeof COUNTS)[number];

function readCounts(
  values: Readonly<{ [Name in Count]?: string | undefined }>,
): Record<Count, number | null> | 'wrong' {
  const counts: Record<Count, number | null> = { runs: null, rounds: null, jobs: null, tenants: null, seconds: null };
  for (const name of COUNTS) {
    const text = values[name];
    if (text === undefined) continue;
    const form = name === 'seconds' ? /^(?=.*[1-9])\d{1,5}(\.\d{1,3})?$/ : /^[1-9]\d{0,8}$/;
    if (!form.test(text)) return 'wrong';
    counts[name] = Number(text);
  }
  return counts;
}

/** The parts that were asked for, null for all; a sentence when the bench has no such part. */
function readParts(
  asked: readonly string[] | undefined,
  { name, parts = [] }: Bench,
): readonly string[] | null | string {
  if (asked === undefined) return null;
  const wanted = asked.flatMap((one) => one.split(','));
  const unknown = wanted.find((one) => !parts.some((part) => part.name === one));
  if (unknown === undefined) return wanted;
  const known = parts.length === 0 ? 'it has no parts' : `there are: ${parts.map((part) => part.name).join(', ')}`;
  return `The bench "${name}" has no part "${unknown}"; ${known}.`;
}

function usageOf(benches: readonly Bench[]): string {
  const line = (option: string, does: string): string => `  ${option.padEnd(14)}${does}`;
  return [
    'npm run bench -- <bench> [options]',
    '',
    ...benches.flatMap(({ name, summary, parts = [] }) => [
      line(name, summary),
      ...parts.map((part) => line(`  ${part.name}`, part.summary)),
    ]),
    '',
    line('--json', 'print one JSON document, and how it goes on standard error'),
    line('--only PART', 'run only this part of the bench; may be repeated'),
    line('--rounds N', 'rounds, of both sides each, that count (--runs is the same)'),
    line('--jobs N', 'jobs per run'),
    line('--tenants N', 'tenants of the largest fleet'),
    line('--seconds N', 'length of a timed window'),
    line(
      '--plain-jobs',
      "give bare BullMQ jobs of a name and data alone, instead of ours: the producer's id, priority and options",
    ),
    line('--profile DIR', 'leave CPU profiles of worker processes there, and say what they show'),
    '',
    'Results are kept under docs/benchmarks, unless anything but --json is given.',
  ].join('\n');
}
