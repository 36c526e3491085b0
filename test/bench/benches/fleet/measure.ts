import type { BenchChart } from '../../harness/bench.js';
import type { BenchRow } from '../../harness/document.js';
import type { BenchServers } from '../../harness/servers.js';

/** What a measure of the fleet bench is given. */
export interface FleetContext {
  readonly servers: BenchServers;
  /** Tenants of the largest fleets; 10,000 unless told otherwise. Measures with fewer take no more than these. */
  readonly tenants: number;
  /** Jobs of a flood; null for the measure's own number. */
  readonly jobs: number | null;
  /** Length of a timed window, in seconds; null for the measure's own. */
  readonly seconds: number | null;
  /** Rounds of which the median is taken; null for the measure's own number. */
  readonly rounds: number | null;
  /** Bare jobs in the form that the producer gives ours; with a name and data alone where this is false. */
  readonly sameJobs: boolean;
  /** Where CPU profiles of the measured time are left; null for none. */
  readonly profileDir: string | null;
  readonly progress: (line: string) => void;
}

/** What a measure found. */
export interface MeasureResult {
  readonly rows: readonly BenchRow[];
  /** Every figure behind the rows, for people. */
  readonly runs: readonly string[];
  readonly charts: readonly BenchChart[];
}

/** One thing that the fleet bench measures. */
export interface Measure {
  /** What `--only` takes. */
  readonly name: string;
  readonly summary: string;
  /** How it is measured, a sentence or a few. */
  readonly method: string;
  measure(context: FleetContext): Promise<MeasureResult>;
}
