import type { BenchOptions } from '../../harness/bench.js';
import type { BenchRow } from '../../harness/document.js';
import type { BenchServers } from '../../harness/servers.js';
import type { Target } from '../../harness/target.js';
import { describeTarget, meetsTarget } from '../../harness/target.js';

/** What a part of the queue bench found. */
export interface PartResult {
  readonly rows: readonly BenchRow[];
  readonly runs: readonly string[];
}

/** One thing that the queue bench measures. */
export interface QueuePart {
  /** What `--only` takes. */
  readonly name: string;
  readonly summary: string;
  /** How it is measured. */
  readonly method: string;
  measure(servers: BenchServers, options: BenchOptions): Promise<PartResult>;
}

/** A row of a figure that bare BullMQ does not have. */
export function ownRow(metric: string, unit: string, ours: number | null, target: Target | null): BenchRow {
  const figures = { ours, reference: null, ratio: null };
  const asked =
    target === null
      ? { target: null, met: null }
      : { target: describeTarget(target), met: meetsTarget(figures, target) };
  return { metric, unit, ...figures, ...asked };
}
