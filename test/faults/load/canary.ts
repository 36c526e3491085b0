/** A marker in every payload that identifies tenant and job; it must not appear in anyone else's responses. */
export type Canary = string;

const CANARY = /canary-([a-z]+)-(\d+)/g;

/** @param tenantId letters only */
export function canaryOf(tenantId: string, number: number): Canary {
  return `canary-${tenantId}-${number}`;
}

/** Every canary in a text, with its tenant. */
function canariesIn(text: string): { readonly canary: Canary; readonly tenantId: string }[] {
  return [...text.matchAll(CANARY)].map(([canary, tenantId = '']) => ({ canary, tenantId }));
}

/** The first canary in a text that is not this tenant's; with null, the first of any tenant. */
export function foreignCanary(text: string, tenantId: string | null): Canary | null {
  return canariesIn(text).find((found) => found.tenantId !== tenantId)?.canary ?? null;
}
