import { z } from 'zod';
import { until } from '../../support/until.js';

/** A tenant of the load. */
export interface Tenant {
  readonly id: string;
  readonly token: string;
}

/** Names of letters only, as canaries require. */
const TENANT_IDS = ['acme', 'globex', 'initech', 'umbrella', 'hooli', 'stark'] as const;

/** Creates tenants, each with an owner's key. */
export async function makeTenants(front: string, operatorKey: string, count: number): Promise<Tenant[]> {
  return Promise.all(TENANT_IDS.slice(0, count).map((id) => makeTenant(front, operatorKey, id)));
}

/** Creates one tenant with an owner's key. @param id letters only */
export async function makeTenant(front: string, operatorKey: string, id: string): Promise<Tenant> {
  const tenants = `${front}/api/v1/admin/tenants`;
  // It exists already when an earlier response was lost.
  await send('POST', tenants, { operatorKey, wanted: [201, 409], body: { id } });
  const made = await send('POST', `${tenants}/${id}/keys`, { operatorKey, wanted: [201], body: { role: 'owner' } });
  return { id, token: z.object({ key: z.string() }).parse(JSON.parse(made)).key };
}

/** Deletes a tenant: its waiting jobs are cancelled. */
export async function deleteTenant(front: string, operatorKey: string, id: string): Promise<void> {
  await send('DELETE', `${front}/api/v1/admin/tenants/${id}`, { operatorKey, wanted: [204, 404] });
}

interface Order {
  readonly operatorKey: string;
  readonly wanted: readonly number[];
  readonly body?: unknown;
}

/** Retries until it succeeds; resolves with the response text. */
async function send(method: string, url: string, { operatorKey, wanted, body }: Order): Promise<string> {
  return until(
    `${method} ${url} is done`,
    async () => {
      const authorization = `Bearer ${operatorKey}`;
      const request =
        body === undefined
          ? { headers: { authorization } }
          : { headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify(body) };
      const answer = await fetch(url, { method, ...request }).catch(() => null);
      const text = await answer?.text().catch(() => null);
      return answer !== null && typeof text === 'string' && wanted.includes(answer.status) ? { text } : null;
    },
    60_000,
  ).then(({ text }) => text);
}
