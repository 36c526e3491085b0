import type { BetaAnalyticsDataClient } from '@google-analytics/data';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { PacedError } from '@sluice/shared/errors/pacedError';
import type { Service } from '@sluice/shared/lifecycle/service';
import { failureReason } from '@sluice/shared/network/failureReason';
import { readRetryAfterMs } from '@sluice/shared/network/retryAfter';
import { createCheckedLookup } from '@sluice/tasks/internal';
import { Agent } from 'undici';
import type { Ga4Access, Ga4Settings } from './ga4Access.js';
import { readGa4Access } from './ga4Access.js';
import type { Ga4Call, Ga4Wire } from './ga4Fetch.js';
import { createGa4Wire } from './ga4Fetch.js';
import { lastingWaitMs, readPropertyQuota } from './ga4Quota.js';
import { judgeGa4Refusal } from './judgeGa4Refusal.js';
import type { Ga4Answer, Ga4Request } from './loadGa4Library.js';
import { loadGa4Library } from './loadGa4Library.js';
import type { SeenQuotas } from './seenQuotas.js';
import { createSeenQuotas } from './seenQuotas.js';

/** Client of the Google Analytics Data API. */
export interface Ga4Client {
  /**
   * Runs one report with one request: the caller decides whether to retry.
   * @throws PacedError when a quota is used up; FleetError `upstream_failed` (retryable), `upstream_refused`,
   *   `payload_too_large` or `configuration` (not retryable); the signal's reason when it aborts
   */
  runReport(request: Ga4Request, signal: AbortSignal): Promise<Ga4Answer>;
}

/** Dependencies of the GA4 client. */
export interface Ga4ClientDeps {
  readonly settings: Ga4Settings;
  /** Allows a host name used instead of Google's to resolve to private addresses. */
  readonly allowPrivateAddresses: boolean;
  /** Unix time in ms. */
  readonly now: () => number;
}

/** Every report has this kind; the client library turns any other JSON into an empty report. */
const REPORT_KIND = 'analyticsData#runReport';

/** The client's state after its start. */
interface Started {
  readonly access: Ga4Access;
  readonly agent: Agent;
  readonly wire: Ga4Wire;
}

/** The process's client. Its start reads the credential; Google's library is loaded by the first report. */
export function createGa4Client({ settings, allowPrivateAddresses, now }: Ga4ClientDeps): Ga4Client & Service {
  const seen = createSeenQuotas();
  let started: Started | null = null;
  let loading: Promise<BetaAnalyticsDataClient> | null = null;

  async function library({ access, wire }: Started): Promise<BetaAnalyticsDataClient> {
    if (access.account === null && !access.isOwnEndpoint) {
      throw new FleetError('configuration', 'GA4 reports need credentials: set GA4_CREDENTIALS_FILE for the workers');
    }
    loading ??= loadGa4Library(access, wire.fetch);
    try {
      return await loading;
    } catch {
      loading = null;
      throw new FleetError('configuration', 'The GA4 client cannot be started with these credentials');
    }
  }

  return {
    name: 'GA4 client',
    async start() {
      const access = await readGa4Access(settings);
      const isGuarded = !access.isOwnEndpoint && !allowPrivateAddresses;
      // A report may take as long as its job: the job's own signal limits it, not a time-out of the connection.
      const agent = new Agent({
        connect: { timeout: 10_000, ...(isGuarded ? { lookup: createCheckedLookup() } : {}) },
        headersTimeout: 0,
        bodyTimeout: 30_000,
        connections: 64,
        pipelining: 1,
        maxHeaderSize: 16 * 1_024,
      });
      started = { access, agent, wire: createGa4Wire(agent) };
    },
    async stop() {
      await started?.agent.destroy();
      started = null;
    },
    async runReport(request, signal) {
      if (started === null) throw new FleetError('unavailable', 'the GA4 client is not running');
      const client = await library(started);
      const call: Ga4Call = { signal, sent: false, answer: null, trouble: null };
      const property = request.property ?? '';
      const waitMs = lastingWaitMs(seen.latest(property), now());
      if (waitMs > 0)
        throw new PacedError('GA4 said that a quota of this property is used up', waitMs, { ofPart: true });
      try {
        const [report] = await started.wire.during(call, () => client.runReport(request, { maxRetries: 0 }));
        if (report.kind !== REPORT_KIND) throw new FleetError('upstream_failed', 'not a report');
        noteQuota(seen, property, report, now());
        return report;
      } catch {
        throw errorOf(call, { seen, property, nowMs: now() });
      }
    },
  };
}

function noteQuota(seen: SeenQuotas, property: string, report: Ga4Answer, atMs: number): void {
  const quota = readPropertyQuota(report.propertyQuota);
  if (quota !== null) seen.note(property, { quota, atMs });
}

/**
 * Why a call returned no report, from the recorded response. The library's own errors quote requests, so they are not
 * passed on.
 */
function errorOf(
  { signal, sent, answer, trouble }: Ga4Call,
  { seen, property, nowMs }: { readonly seen: SeenQuotas; readonly property: string; readonly nowMs: number },
): unknown {
  if (signal.aborted) return signal.reason;
  if (!sent) return new FleetError('configuration', 'The request to GA4 could not be made: check its credentials');
  if (trouble instanceof FleetError) return trouble;
  if (answer === null) return new FleetError('upstream_failed', `GA4 could not be reached: ${failureReason(trouble)}`);
  if (answer.status >= 200 && answer.status < 300) {
    return new FleetError('upstream_failed', 'GA4 answered with what is not a report');
  }
  const refusal = { ...answer, retryAfterMs: readRetryAfterMs(answer.retryAfter, nowMs) };
  const verdict = judgeGa4Refusal(refusal, seen.latest(property), nowMs);
  switch (verdict.kind) {
    case 'paced':
      return new PacedError(`GA4 asks to wait (${verdict.status})`, verdict.retryAfterMs, {
        ofPart: verdict.ofProperty,
      });
    case 'failed':
      return new FleetError('upstream_failed', `GA4 failed (${verdict.status})`);
    case 'refused': {
      const said = verdict.said === null ? '' : `: ${verdict.said}`;
      return new FleetError('upstream_refused', `GA4 refused (${verdict.status})${said}`);
    }
  }
}
