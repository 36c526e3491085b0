import type { BetaAnalyticsDataClient, protos } from '@google-analytics/data';
import type { Ga4Access } from './ga4Access.js';
import type { Ga4Fetch } from './ga4Fetch.js';

/** A report's request in GA4's own protocol. */
export type Ga4Request = protos.google.analytics.data.v1beta.IRunReportRequest;

/** A report in GA4's own protocol. */
export type Ga4Answer = protos.google.analytics.data.v1beta.IRunReportResponse;

type ClientOptions = NonNullable<ConstructorParameters<typeof BetaAnalyticsDataClient>[0]>;

/**
 * Loads Google's client, which takes about 40 MB and half a second, and creates one over REST.
 * It is ready when this resolves: calling a client earlier turns a failed start into an unhandled rejection.
 */
export async function loadGa4Library(access: Ga4Access, fetch: Ga4Fetch): Promise<BetaAnalyticsDataClient> {
  const library = await import('@google-analytics/data');
  const client = new library.BetaAnalyticsDataClient(optionsOf(access, fetch));
  await client.initialize();
  return client;
}

function optionsOf({ endpoint, account }: Ga4Access, fetch: Ga4Fetch): ClientOptions {
  const protocol = endpoint.protocol.slice(0, -1);
  const standardPort = protocol === 'https' ? 443 : 80;
  return {
    fallback: true,
    apiEndpoint: endpoint.hostname,
    protocol,
    port: endpoint.port === '' ? standardPort : Number(endpoint.port),
    ...(account === null ? { auth: anonymous(fetch) } : withAccount(account, fetch)),
  } as ClientOptions;
}

function withAccount(credentials: object, fetchImplementation: Ga4Fetch): object {
  return { credentials, clientOptions: { transporterOptions: { fetchImplementation } } };
}

/**
 * The part of Google's AuthClient that the REST transport calls. Without it the library would search for a credential.
 */
function anonymous(fetch: Ga4Fetch): object {
  return { universeDomain: 'googleapis.com', getRequestHeaders: async () => new Headers(), fetch };
}
