import { once } from 'node:events';
import type { IncomingHttpHeaders, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { insertTenant } from '@sluice/fleet/postgres/queries/tenants';
import { newId } from '@sluice/shared/ids/ids';
import type { JobContext, TaskHandler } from '@sluice/tasks';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWebClient } from '../../../apps/worker/src/network/webClient.js';
import { buildTaskHandlers } from '../../../apps/worker/src/tasks/index.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { FLEET_TASKS } from '../../support/fleetTasks.js';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const PAYLOAD = { action: 'opened', text: 'größer ✓ \u2028', nested: [1, null, { a: true }] };

const web = createWebClient({ allowPrivateAddresses: true });
const received: Received[] = [];
let space: FleetSpace;
let server: Server;

beforeAll(async () => {
  space = await openFleetSpace();
  await insertTenant(space.postgres.db, { id: 'acme', name: 'Acme', signingSecret: SECRET });
  server = createServer(async (request, response) => {
    received.push({ headers: request.headers, body: await text(request) });
    response.writeHead(202).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(async () => {
  await web.stop(AbortSignal.timeout(1_000));
  server.close();
  await once(server, 'close');
  await space.close();
});

const noGa4 = { runReport: () => Promise.reject(new Error('not here')) };

function deliver(tenantId: string, attempt: number, jobId: string): Promise<unknown> {
  const { db } = space.postgres;
  const handlers = buildTaskHandlers(FLEET_TASKS, {
    db,
    web,
    ga4: noGa4,
    ga4AnyProperty: false,
    exportsDir: '/nonexistent',
    now: Date.now,
  });
  const context: JobContext = {
    jobId,
    tenantId,
    attempt,
    signal: new AbortController().signal,
    traceparent: null,
    progress: async () => undefined,
    log: async () => undefined,
    once: () => Promise.reject(new Error('no effects here')),
  };
  const { port } = server.address() as AddressInfo;
  const handler = handlers.get('notifications.webhook') as TaskHandler<object>;
  return handler({ url: `http://127.0.0.1:${port}/hooks`, payload: PAYLOAD }, context);
}

describe('notifications.webhook', () => {
  test("is verified by another's code with the tenant's secret, under the same id at each attempt", async () => {
    const jobId = newId();
    await deliver('acme', 1, jobId);
    await expect(deliver('acme', 2, jobId)).resolves.toMatchObject({ status: 202 });
    const deliveries = received.filter(({ headers }) => headers['webhook-id'] === jobId);
    expect(deliveries.map(({ headers }) => headers['webhook-attempt'])).toEqual(['1', '2']);
    for (const { headers, body } of deliveries) {
      expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).toEqual(PAYLOAD);
      expect(() => new Webhook(SECRET).verify(`${body} `, headers as Record<string, string>)).toThrow();
    }
  });

  test('is refused for good when the tenant does not exist', async () => {
    await expect(deliver('nobody', 1, newId())).rejects.toMatchObject({ code: 'not_found' });
  });
});
