import type { BenchDocument } from './document.js';
import type { LineChart } from './lineChart.js';

/** What a bench is told on the command line. */
export interface BenchOptions {
  /** Pairs of runs that count; null for the bench's own number. */
  readonly runs: number | null;
  /** Jobs per run; null for the bench's own number. */
  readonly jobs: number | null;
  /** Tenants of the largest fleet; null for the bench's own number. */
  readonly tenants: number | null;
  /** Length of a timed window, in seconds; null for the bench's own. */
  readonly seconds: number | null;
  /** Parts of the bench that are run; null for all. */
  readonly only: readonly string[] | null;
  /** Whether the reference gets its jobs in the very form of ours, where the bench would give it plain ones. */
  readonly sameJobs: boolean;
  /** Whether the result is kept, so that what does not meet its target is to be explained. */
  readonly save: boolean;
  /** Where worker processes leave a CPU profile of each run; null for none. */
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
  /** Charts that are kept beside the document. */
  readonly charts?: readonly BenchChart[];
  /** Where the time goes where a target is not met: profiles in words, one line each. */
  readonly profiles?: readonly string[];
}

/** A chart, with the name of its file without the extension. */
export interface BenchChart extends LineChart {
  readonly file: string;
}

/** Something that can be measured. */
export interface Bench {
  readonly name: string;
  /** One line for the list of benches. */
  readonly summary: string;
  /** What our side does, what the reference does, and what is measured: sentences for people. */
  readonly method: readonly string[];
  /** What can be run by itself, with `--only`. */
  readonly parts?: readonly { readonly name: string; readonly summary: string }[];
  measure(options: BenchOptions): Promise<BenchResult>;
}
