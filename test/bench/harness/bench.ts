import type { BenchDocument } from './document.js';

/** What a bench is told on the command line. */
export interface BenchOptions {
  /** Pairs of runs that count; null for the bench's own number. */
  readonly runs: number | null;
  /** Jobs per run; null for the bench's own number. */
  readonly jobs: number | null;
  /** Where our worker process leaves a CPU profile of each run; null for none. */
  readonly profileDir: string | null;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  /** Tells people how it goes; never on standard output. */
  readonly progress: (line: string) => void;
}

/** What a bench found. */
export interface BenchResult {
  readonly rows: BenchDocument['rows'];
  /** Every figure behind the rows, for people: one line per run. */
  readonly runs: readonly string[];
}

/** Something that can be measured. */
export interface Bench {
  readonly name: string;
  /** One line for the list of benches. */
  readonly summary: string;
  /** What our side does, what the reference does, and what is measured: sentences for people. */
  readonly method: readonly string[];
  measure(options: BenchOptions): Promise<BenchResult>;
}
