import { z } from 'zod';

/** Grammar of a tenant's id: a DNS label of 1 or 3 to 63 characters, safe in keys, queue names and host names. */
export const TENANT_ID = /^[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9])?$/;

/** A tenant's id as it appears in every key, row, metric and path. */
export const tenantIdSchema = z
  .string()
  .regex(TENANT_ID, 'must be 1 or 3 to 63 of a-z, 0-9 and "-", starting and ending with a letter or digit')
  .meta({ description: 'Tenant id', example: 'acme' });
