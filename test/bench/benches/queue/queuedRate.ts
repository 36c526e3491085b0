import { ga4RunReport } from '@sluice/ga4';
import { createQueuedClient } from '@sluice/queued-client';
import { PacedError } from '@sluice/shared/errors/pacedError';
import { nowMs } from '../../harness/childCalls.js';
import type { BenchServers } from '../../harness/servers.js';
import { startReportingWorker } from '../../sides/reportingWorker.js';
import { openBenchClient } from './openBenchClient.js';
import { repeat } from './repeat.js';

/** Requests that are under way at a time. */
export const QUEUED_AT_ONCE = 300;

/** The upstream's wait, in ms: the shortest that the product takes, so that the worker finds the quota open again. */
const RETRY_AFTER_MS = 1;

/** The worker's first report loads Google's library, which is not what is measured. */
const WARM_UPS = 50;

const REPORT = { propertyId: '1', report: 'page_views' as const, startDate: '2daysAgo', endDate: 'today' };

/** The load of one run. */
export interface QueuedLoad {
  /** Tenants, which must be in the ledger. */
  readonly tenants: readonly string[];
  readonly requests: number;
  readonly profileDir: string | null;
}

/**
 * Requests a second that are answered by way of the queue.
 * @throws Error unless every one of them was a job, run to its end by the worker
 */
export async function measureQueuedRate(
  servers: BenchServers,
  { tenants, requests, profileDir }: QueuedLoad,
): Promise<number> {
  await servers.clear();
  const stopWorker = await startReportingWorker(servers, { slotConcurrency: 1, answerMs: 0, profileDir });
  try {
    const fleet = await openBenchClient(servers);
    try {
      const call = async (): Promise<never> => {
        throw new PacedError('too many requests', RETRY_AFTER_MS);
      };
      const clients = tenants.map((tenant) =>
        createQueuedClient(fleet, { tenant, user: 'ann', role: 'member', task: ga4RunReport, call }),
      );
      const ask = (index: number): Promise<unknown> => clients[index % clients.length]?.request(REPORT) ?? call();
      await repeat(WARM_UPS, QUEUED_AT_ONCE, ask);
      const startedMs = nowMs();
      await repeat(requests, QUEUED_AT_ONCE, ask);
      const tookMs = nowMs() - startedMs;
      await verify(servers, requests + WARM_UPS);
      return (requests * 1_000) / tookMs;
    } finally {
      await fleet.close();
    }
  } finally {
    await stopWorker();
  }
}

async function verify({ postgres }: BenchServers, requests: number): Promise<void> {
  const { rows } = await postgres.db.$client.query<{ completed: number }>(
    "SELECT count(*)::int AS completed FROM jobs WHERE state = 'completed'",
  );
  const completed = rows[0]?.completed ?? 0;
  if (completed !== requests) throw new Error(`${completed} jobs were completed for ${requests} requests`);
}
