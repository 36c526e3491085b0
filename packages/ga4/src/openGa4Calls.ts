import type { Ga4ReportResult } from './contract/ga4Report.js';
import type { Ga4ReportData } from './contract/ga4RunReport.js';
import type { Ga4Settings } from './ga4Access.js';
import { createGa4Call } from './ga4Call.js';
import { createGa4Client } from './ga4Client.js';
import { createPropertiesOf } from './propertiesOf.js';

/** GA4's account and call settings: as the worker's settings of these names, each undefined or false by default. */
export interface Ga4CallSettings extends Partial<Ga4Settings> {
  readonly anyProperty?: boolean;
  readonly allowPrivateAddresses?: boolean;
}

/**
 * The part of the fleet that is needed: which properties a tenant may read. A `FleetClient` of `@sluice/queued-client`
 * has it.
 */
export interface Ga4Fleet {
  findTenant(tenantId: string): Promise<{ readonly ga4Properties: readonly string[] } | null>;
  /** Unix ms. */
  now(): number;
}

/** Direct calls of GA4 in a service of your own. */
export interface Ga4Calls {
  /** The `call` of `createQueuedClient` for a tenant; throws what {@link createGa4Call} throws. */
  callFor(
    tenantId: string,
  ): (data: Ga4ReportData, context: { readonly signal: AbortSignal }) => Promise<Ga4ReportResult>;
  /** Closes the connections to GA4; calls in progress fail. */
  close(): Promise<void>;
}

/** Time limit of closing, in ms. */
const CLOSE_MS = 5_000;

/**
 * Opens GA4 for a service of your own, with the same client as the workers.
 * @param fleet what `openFleetClient` resolves with
 * @throws ConfigurationError when the credential or the endpoint cannot be used
 */
export async function openGa4Calls(
  fleet: Ga4Fleet,
  { anyProperty = false, allowPrivateAddresses = false, ...more }: Ga4CallSettings,
): Promise<Ga4Calls> {
  const settings = { endpoint: undefined, credentialsFile: undefined, credentials: undefined, ...more };
  const now = (): number => fleet.now();
  const ga4 = createGa4Client({ settings, allowPrivateAddresses, now });
  await ga4.start();
  const find = async (tenantId: string) => (await fleet.findTenant(tenantId))?.ga4Properties ?? null;
  const propertiesOf = createPropertiesOf(find, anyProperty, now);
  return {
    callFor: (tenantId) => createGa4Call(ga4, tenantId, propertiesOf),
    close: () => ga4.stop(AbortSignal.timeout(CLOSE_MS)),
  };
}
