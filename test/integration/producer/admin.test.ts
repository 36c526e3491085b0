import { insertScalingDecisions } from '@sluice/fleet/postgres/queries/scalingDecisions';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { readBuckets, readFleetTable } from '@sluice/fleet/redis/commands/fleetTable';
import { heartbeat } from '@sluice/fleet/redis/commands/heartbeat';
import { lead } from '@sluice/fleet/redis/commands/lead';
import { writeDesiredSlots } from '@sluice/fleet/redis/commands/writeDesired';
import { bucketOf } from '@sluice/shared/domain/lane';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestProducer } from './support.js';
import { openProducer, submit } from './support.js';

const PATH = '/api/v1/admin/tenants';

describe('administration', () => {
  let producer: TestProducer;
  beforeAll(async () => {
    producer = await openProducer();
  });
  afterAll(() => producer.close());

  it('creates, lists, changes and reads tenants', async () => {
    const { operator } = producer;
    const made = await operator.call('POST', PATH, { id: 'acme', weight: 3 });
    expect(made).toMatchObject({ status: 201, body: { id: 'acme', name: 'acme', weight: 3, plan: 'standard' } });
    expect(made.headers.get('location')).toBe(`${PATH}/acme`);
    expect(await operator.call('POST', PATH, { id: 'acme' })).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    });
    for (const id of ['Acme', 'a.b', 'a b', '-a', '', 'x'.repeat(64)]) {
      expect((await operator.call('POST', PATH, { id })).status).toBe(400);
    }
    expect(await operator.expect(200, 'PATCH', `${PATH}/acme`, { name: 'Acme Ltd' })).toMatchObject({
      name: 'Acme Ltd',
      weight: 3,
    });
    expect((await operator.call('PATCH', `${PATH}/acme`, { id: 'other' })).status).toBe(400);
    expect((await operator.call('PATCH', `${PATH}/nobody`, { name: 'x' })).status).toBe(404);
    expect(await operator.expect(200, 'GET', PATH)).toMatchObject({ tenants: [{ id: 'acme' }] });
    expect(JSON.stringify(await operator.expect(200, 'GET', `${PATH}/acme`))).not.toContain('whsec_');
    expect((await operator.call('GET', `${PATH}/nobody`)).status).toBe(404);
    expect((await operator.call('POST', `${PATH}/nobody/keys`, { role: 'owner' })).status).toBe(404);
    expect((await operator.call('POST', `${PATH}/acme/keys`, { role: 'operator' })).status).toBe(400);
  });

  it("copies a tenant's weight to where the workers read it, once the ledger has it", async () => {
    const { operator, space } = producer;
    const weights = async () => (await readBuckets(space.redis.client, space.keys, [bucketOf('heavy')]))[0]?.weights;
    await operator.expect(201, 'POST', PATH, { id: 'heavy', weight: 9 });
    expect((await weights())?.get('heavy')).toBe(9);
    await operator.expect(200, 'PATCH', `${PATH}/heavy`, { weight: 4 });
    expect((await weights())?.get('heavy')).toBe(4);
    await operator.expect(200, 'PATCH', `${PATH}/heavy`, { name: 'Heavy Ltd' });
    expect((await weights())?.get('heavy')).toBe(4);
    await operator.expect(200, 'PATCH', `${PATH}/heavy`, { weight: 1 });
    expect((await weights())?.has('heavy')).toBe(false);
  });

  it('deletes a tenant with its waiting jobs and its lanes, and never gives its id away again', async () => {
    const { operator, space } = producer;
    const gone = await producer.user('gone');
    const id = await submit(gone);
    expect((await operator.call('DELETE', `${PATH}/gone`)).status).toBe(204);
    expect((await operator.call('DELETE', `${PATH}/gone`)).status).toBe(404);
    const { rows } = await space.postgres.db.$client.query('SELECT state FROM jobs WHERE id = $1', [id]);
    expect(rows).toEqual([{ state: 'cancelled' }]);
    const table = await readFleetTable(space.redis.client, space.keys);
    expect(table.lanes.filter((name) => name.startsWith('gone.'))).toEqual([]);
    expect(await space.redis.client.keys(`${space.keys.queuePrefix('gone')}:gone.*`)).toEqual([]);
    expect((await operator.call('POST', PATH, { id: 'gone' })).status).toBe(409);
  });

  it('shows the fleet: who lives, who holds which slots, who leads, what was decided', async () => {
    const { operator, space } = producer;
    const { client } = space.redis;
    await submit(await producer.user('busy'));
    await heartbeat(client, space.keys, { id: 'w1', lastsMs: 10_000, capacity: 10 });
    await heartbeat(client, space.keys, { id: 'w2', lastsMs: 10_000, capacity: 20 });
    await writeDesiredSlots(client, space.keys, new Map([['busy', 4]]), 1);
    const nowMs = Number((await client.time())[0]) * 1_000;
    await client.hset(space.keys.slots(bucketOf('busy')), {
      'busy:1': `${nowMs + 60_000} w1`,
      'busy:2': `${nowMs + 60_000} w2`,
      'busy:3': `${nowMs + 60_000} w2`,
      'busy:4': `${nowMs - 60_000} w1`,
    });
    await operator.expect(200, 'PATCH', `${PATH}/busy`, { weight: 7 });
    const fence = await lead(client, space.keys, 's1', 10_000);
    await insertScalingDecisions(space.postgres.db, [
      {
        tenantId: 'busy',
        waiting: 35,
        active: 1,
        previous: 1,
        desired: 4,
        policy: 'queue-length',
        reason: 'many',
        leaderFence: fence,
      },
    ]);
    const fleet = await operator.expect(200, 'GET', '/api/v1/admin/fleet');
    expect(fleet).toMatchObject({
      tenants: [{ id: 'busy', desired: 4, live: 3, weight: 7, lanes: ['busy.default'] }],
      leader: { holder: 's1', fence },
      decisions: [{ tenantId: 'busy', desired: 4, policy: 'queue-length', reason: 'many' }],
      workers: [
        { id: 'w1', capacity: 10, slots: 1 },
        { id: 'w2', capacity: 20, slots: 2 },
      ],
    });
    const lanes = createLaneQueues(client, space.keys);
    expect(await lanes.counts({ tenantId: 'busy', queueClass: 'default' })).toMatchObject({ waiting: 1 });
    await lanes.close();
  });

  it('answers probes and metrics to anyone, without a tenant, an id or an address in them', async () => {
    expect((await fetch(`${producer.url}/livez`)).status).toBe(200);
    expect((await fetch(`${producer.url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${producer.url}/health`)).json()).toMatchObject({ status: 'healthy', queue_pending: 0 });
    const metrics = await (await fetch(`${producer.url}/metrics`)).text();
    expect(metrics).toMatch(
      /sluice_jobs_accepted_total\{task="system.probe",durability="ledger",process="producer"\} \d/,
    );
    expect(metrics).toMatch(/sluice_http_request_seconds_count\{.*route="\/api\/v1\/jobs"/);
    for (const secret of ['busy', 'acme', '127.0.0.1', 'slk_']) expect(metrics).not.toContain(secret);
  });
});
