import { z } from 'zod';
import type { PriorityRules } from './priorityRules.js';

/** Roles within a tenant, most powerful first. */
export const TENANT_ROLES = ['owner', 'admin', 'member', 'viewer'] as const;

/** A user's role within its tenant. */
export type TenantRole = (typeof TENANT_ROLES)[number];

/** A user's role within its tenant. */
export const tenantRoleSchema = z.enum(TENANT_ROLES);

/**
 * The authenticated caller. An operator belongs to no tenant and names the one it acts for. `userId` is null for a key
 * that belongs to a service rather than a person.
 */
export type Principal =
  | {
      readonly kind: 'tenant';
      readonly tenantId: string;
      readonly role: TenantRole;
      readonly userId: string | null;
      readonly keyId: string | null;
      /** When the credential expires, unix ms; null when it does not. */
      readonly expiresAtMs: number | null;
      /** The tenant's rules; null when it has none. */
      readonly priorityRules: PriorityRules | null;
    }
  | { readonly kind: 'operator' };

/** Body of a request that creates an API key. */
export const keyBodySchema = z.strictObject({
  role: tenantRoleSchema,
  name: z.string().min(1).max(200).optional(),
  userId: z.string().min(1).max(200).optional(),
});

/** An API key without its secret. */
export const keySchema = z.object({
  id: z.uuid(),
  role: tenantRoleSchema,
  name: z.string().nullable(),
  userId: z.string().nullable(),
  createdAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().nullable(),
});
