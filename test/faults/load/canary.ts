/** In every payload, and in nobody else's answers: says whose it is, and which. */
export type Canary = string;

const CANARY = /canary-([a-z]+)-(\d+)/g;

/** @param tenantId letters alone */
export function canaryOf(tenantId: string, number: number): Canary {
  return `canary-${tenantId}-${number}`;
}

/** Every canary in a text, with its tenant. */
function canariesIn(text: string): { readonly canary: Canary; readonly tenantId: string }[] {
  return [...text.matchAll(CANARY)].map(([canary, tenantId = '']) => ({ canary, tenantId }));
}

/** The first canary in a text that is not of this tenant; of any, when no tenant may see it. */
export function foreignCanary(text: string, tenantId: string | null): Canary | null {
  return canariesIn(text).find((found) => found.tenantId !== tenantId)?.canary ?? null;
}
