import type { BenchRow } from '../../harness/document.js';
import type { BenchServers } from '../../harness/servers.js';

/** What a part of the queue bench is given; null for the part's own number. */
export interface QueueContext {
  readonly servers: BenchServers;
  readonly jobs: number | null;
  readonly tenants: number | null;
  readonly rounds: number | null;
  readonly progress: (line: string) => void;
}

/** One thing that the queue bench measures. */
export interface QueuePart {
  /** What `--only` takes. */
  readonly name: string;
  readonly summary: string;
  /** How it is measured, a sentence or a few. */
  readonly method: string;
  measure(context: QueueContext): Promise<{ readonly rows: readonly BenchRow[]; readonly runs: readonly string[] }>;
}

/** Does so much work, so many at a time; the work is told its number. */
export async function repeat(times: number, atOnce: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    for (let index = next++; index < times; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, times) }, one));
}
