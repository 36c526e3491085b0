import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { findValid } from '@sluice/fleet/postgres/queries/findValid';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { TenantCaller } from '../http/access.js';

/** Interval between checks of the credentials of open streams, in ms. */
const LOOK_EVERY_MS = 5_000;

/** Ends long-lived responses when their credential becomes invalid. */
export interface CredentialWatch extends Service {
  /**
   * Calls back when the caller's key is revoked, its token expires, or its tenant is deleted. Returns a function that
   * stops it.
   */
  watch(caller: TenantCaller, ended: () => void): () => void;
}

interface Watched {
  readonly caller: TenantCaller;
  readonly ended: () => void;
}

/** One query for all callers. While the ledger is down nothing ends: credentials stay valid until it says otherwise. */
export function createCredentialWatch(ledger: Ledger, log: Log, now: () => number): CredentialWatch {
  const watched = new Set<Watched>();
  const loop = runEvery(
    'credentials',
    LOOK_EVERY_MS,
    async () => {
      const asked = [...watched];
      if (asked.length === 0) return;
      for (const { caller, ended } of asked) if ((caller.expiresAtMs ?? Number.POSITIVE_INFINITY) <= now()) ended();
      const tenants = [...new Set(asked.map(({ caller }) => caller.tenantId))];
      const keys = [...new Set(asked.flatMap(({ caller }) => caller.keyId ?? []))];
      const valid = await ledger((db) => findValid(db, { tenants, keys }));
      const [validTenants, validKeys] = [new Set(valid.tenants), new Set(valid.keys)];
      for (const { caller, ended } of asked) {
        const isValid = validTenants.has(caller.tenantId) && (caller.keyId === null || validKeys.has(caller.keyId));
        if (!isValid) ended();
      }
    },
    log,
  );
  return {
    ...loop,
    watch(caller, ended) {
      const one = { caller, ended };
      watched.add(one);
      return () => watched.delete(one);
    },
  };
}
