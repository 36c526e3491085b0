import { z } from 'zod';
import { until } from '../../support/until.js';

/** A tenant of the load. */
export interface Tenant {
  readonly id: string;
  readonly token: string;
}

/** Names of letters alone, as canaries need them. */
const TENANT_IDS = ['acme', 'globex', 'initech', 'umbrella', 'hooli', 'stark'] as const;

/** Makes tenants, each with the key of an owner. */
export async function makeTenants(front: string, operatorKey: string, count: number): Promise<Tenant[]> {
  return Promise.all(
    TENANT_IDS.slice(0, count).map(async (id) => {
      const post = (path: string, body: unknown) => send(`${front}/api/v1/admin/tenants${path}`, operatorKey, body);
      await post('', { id });
      return { id, token: z.object({ key: z.string() }).parse(await post(`/${id}/keys`, { role: 'owner' })).key };
    }),
  );
}

async function send(url: string, token: string, body: unknown): Promise<unknown> {
  return until(`${url} is made`, async () => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await answer.text();
    return answer.status === 201 ? (JSON.parse(text) as unknown) : null;
  });
}
