import { z } from 'zod';
import { startFleetProcess } from '../../support/fleetProcess.js';
import { forkCalled } from '../harness/childCalls.js';
import type { BenchServers } from '../harness/servers.js';

const PROFILER = new URL('./profileProcess.js', import.meta.url).href;

/** How the worker and its GA4 are. */
export interface ReportingWorkerOptions {
  /** Jobs that one slot runs at a time. */
  readonly slotConcurrency: number;
  /** How long GA4 takes to answer, in ms. */
  readonly answerMs: number;
  /** Where the worker leaves a CPU profile; null for none. */
  readonly profileDir: string | null;
}

/** Starts a worker process as in production, and the local GA4 server that its reports call. Resolves with how to stop both. */
export async function startReportingWorker(
  { environment }: BenchServers,
  { slotConcurrency, answerMs, profileDir }: ReportingWorkerOptions,
): Promise<() => Promise<void>> {
  const ga4 = forkCalled(new URL('./ga4Main.js', import.meta.url), {});
  try {
    const worker = await startFleetProcess('worker', {
      ...environment,
      SLOT_CONCURRENCY: String(slotConcurrency),
      GA4_ENDPOINT: await ga4.call('open', { answerMs }, z.string()),
      GA4_ANY_PROPERTY: 'true',
      ...(profileDir === null ? {} : { NODE_OPTIONS: `--import=${PROFILER}`, PROFILE_DIR: profileDir }),
    });
    return async () => {
      await worker.stop();
      await ga4.stop();
    };
  } catch (error) {
    await ga4.stop();
    throw error;
  }
}
