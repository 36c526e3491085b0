import type { TenantRole } from '@sluice/shared/contracts/identity';
import type { Access } from '../http/access.js';

const EVERYONE: readonly TenantRole[] = ['owner', 'admin', 'member', 'viewer'];

/**
 * The tenant roles that grant each access; the operator has all. For which jobs a caller may cancel, see `mayCancel`.
 */
export const ROLES_OF: Readonly<Record<Access, readonly TenantRole[]>> = {
  catalogue: EVERYONE,
  submit: EVERYONE,
  read: EVERYONE,
  cancel: EVERYONE,
  retry: ['owner', 'admin'],
  'dead-letters': ['owner', 'admin'],
  'webhook-secret': ['owner'],
  limits: ['owner'],
  operate: [],
};
