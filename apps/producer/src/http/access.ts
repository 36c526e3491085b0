import type { TenantRole } from '@sluice/shared/contracts/identity';
import type { PriorityRules } from '@sluice/shared/contracts/priorityRules';

/**
 * The access that a route requires. `catalogue` is the same for all; `operate` is for the fleet's operator;
 * `webhook-secret` and `limits` name their tenant in the path; everything else happens within the tenant that the
 * caller acts for.
 */
export type Access =
  | 'catalogue'
  | 'submit'
  | 'read'
  | 'cancel'
  | 'retry'
  | 'dead-letters'
  | 'webhook-secret'
  | 'limits'
  | 'operate';

/** The authenticated caller, and the tenant it acts for. */
export interface Caller {
  readonly operator: boolean;
  /** Null for an operator that acts for no tenant. */
  readonly tenantId: string | null;
  readonly role: TenantRole;
  /** The person, or `key:<id>` for a key that belongs to nobody; null for an operator and for a token without `sub`. */
  readonly submitter: string | null;
  /** The API key that was used; null for any other credential. */
  readonly keyId: string | null;
  /** When the credential expires, unix ms; null when it does not. */
  readonly expiresAtMs: number | null;
  /** The rules of the tenant that the caller acts for; null when it has none. */
  readonly priorityRules: PriorityRules | null;
}

/** A caller that acts for a tenant. */
export interface TenantCaller extends Caller {
  readonly tenantId: string;
}

/** Whether a caller may cancel a job: its own, or any as admin. */
export function mayCancel(caller: Caller, job: { readonly userId: string | null }): boolean {
  if (caller.operator || caller.role === 'owner' || caller.role === 'admin') return true;
  return caller.submitter !== null && caller.submitter === job.userId;
}
