import type { Ledger } from '@sluice/fleet/postgres/ledger';
import { findValid } from '@sluice/fleet/postgres/queries/findValid';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { TenantCaller } from '../http/access.js';

/** How often it is looked whether those who read streams still may, in ms. */
const LOOK_EVERY_MS = 5_000;

/** Ends what goes on for long when its credential does. */
export interface CredentialWatch extends Service {
  /** Calls back when the caller's key was revoked, its token has expired, or its tenant was deleted. Returns how to end it. */
  watch(caller: TenantCaller, ended: () => void): () => void;
}

interface Watched {
  readonly caller: TenantCaller;
  readonly ended: () => void;
}

/** One question for all callers. A ledger that is away ends nothing: what was valid is taken to be valid until it says no. */
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
