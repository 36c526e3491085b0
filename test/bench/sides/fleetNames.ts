import type { Lane } from '@sluice/shared/domain/lane';

/** The tenant of a number, such as `t00042`. */
export function tenantOfNumber(number: number): string {
  return `t${String(number).padStart(5, '0')}`;
}

/** The number of a tenant. */
export function numberOfTenant(tenantId: string): number {
  return Number(tenantId.slice(1));
}

/** The lane of a tenant: each has one. */
export function laneOfNumber(number: number): Lane {
  return { tenantId: tenantOfNumber(number), queueClass: 'default' };
}
