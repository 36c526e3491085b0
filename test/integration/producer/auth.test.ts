import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpClient } from '../../support/httpClient.js';
import { until } from '../../support/until.js';
import type { Role, TestProducer } from './support.js';
import { openProducer, PROBE, settle, submit } from './support.js';

const SECRET = 'a shared secret of the tests, 32 or more';
const secretKey = new TextEncoder().encode(SECRET);

describe('credentials', () => {
  let producer: TestProducer;
  let issuer: Awaited<ReturnType<typeof openIssuer>>;
  beforeAll(async () => {
    issuer = await openIssuer();
    producer = await openProducer({ JWT_SECRET: SECRET, JWT_JWKS_URL: issuer.url });
    await producer.operator.expect(201, 'POST', '/api/v1/admin/tenants', { id: 'jwt' });
  });
  afterAll(async () => {
    await producer.close();
    issuer.close();
  });

  const statusOf = async (token: string): Promise<number> =>
    (await producer.client(token).call('GET', '/api/v1/jobs')).status;

  function sign(claims: object, alg = 'HS256', expires: string | null = '1 minute'): Promise<string> {
    const token = new SignJWT({ tenant: 'jwt', role: 'member', sub: 'ann', ...claims }).setProtectedHeader({ alg });
    return (expires === null ? token : token.setExpirationTime(expires)).sign(alg === 'RS256' ? issuer.key : secretKey);
  }

  it('answers 401 to none, to an unknown one, and to things that are no token', async () => {
    expect((await fetch(`${producer.url}/api/v1/jobs`)).status).toBe(401);
    for (const token of ['slk_unknown', 'x', 'a.b.c', 'eyJhbGciOiJub25lIn0.e30.', '', 'x'.repeat(9_000)]) {
      const answer = await producer.client(token).call('GET', '/api/v1/jobs');
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated', status: 401 } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
    }
  });

  it('ends a revoked key within a second, and one of a deleted tenant', async () => {
    await producer.operator.expect(201, 'POST', '/api/v1/admin/tenants', { id: 'revoke' });
    const path = '/api/v1/admin/tenants/revoke/keys';
    const created = await producer.operator.expect(201, 'POST', path, { role: 'owner', name: 'ci' });
    const other = await producer.operator.expect(201, 'POST', path, { role: 'owner' });
    expect(String(created.key)).toMatch(/^slk_[\w-]{43}$/);
    expect(await statusOf(String(created.key))).toBe(200);
    expect(await statusOf(String(other.key))).toBe(200);
    expect((await producer.operator.call('DELETE', `${path}/${created.id}`)).status).toBe(204);
    await until('the key is dead', async () => (await statusOf(String(created.key))) === 401, 1_000);
    const { keys } = (await producer.operator.expect(200, 'GET', path)) as {
      keys: { id: string; revokedAt: unknown }[];
    };
    expect(JSON.stringify(keys)).not.toContain('slk_');
    expect(keys.find(({ id }) => id === created.id)?.revokedAt).not.toBeNull();
    expect((await producer.operator.call('DELETE', `${path}/${created.id}`)).status).toBe(404);
    expect((await producer.operator.call('DELETE', '/api/v1/admin/tenants/revoke')).status).toBe(204);
    await until('the other key is dead', async () => (await statusOf(String(other.key))) === 401, 1_000);
  });

  it('takes JWTs of both kinds with exp, tenant and role', async () => {
    expect(await statusOf(await sign({}))).toBe(200);
    expect(await statusOf(await sign({}, 'RS256'))).toBe(200);
    const ann = producer.client(await sign({}));
    const id = await submit(ann);
    expect(await ann.expect(200, 'GET', `/api/v1/jobs/${id}`)).toMatchObject({ userId: 'ann' });
  });

  it.each<[string, () => Promise<string>]>([
    ['without exp', () => sign({}, 'HS256', null)],
    ['that has expired', () => sign({}, 'HS256', '-1 second')],
    ['of a tenant that is not there', () => sign({ tenant: 'nobody' })],
    ['with the operator as role', () => sign({ role: 'operator' })],
    ['without a tenant', () => sign({ tenant: undefined })],
    ['with NUL in sub', () => sign({ sub: 'a\0b' })],
    [
      'of another secret',
      () =>
        new SignJWT({ tenant: 'jwt', role: 'owner' })
          .setProtectedHeader({ alg: 'HS256' })
          .setExpirationTime('1 minute')
          .sign(new TextEncoder().encode('x'.repeat(40))),
    ],
    [
      'that takes the public key for a secret',
      async () =>
        new SignJWT({ tenant: 'jwt', role: 'owner' })
          .setProtectedHeader({ alg: 'HS256', kid: 'k' })
          .setExpirationTime('1 minute')
          .sign(new TextEncoder().encode(JSON.stringify(issuer.jwk))),
    ],
  ])('refuses a JWT %s', async (_what, make) => {
    expect(await statusOf(await make())).toBe(401);
  });
});

describe('roles', () => {
  let producer: TestProducer;
  const users = new Map<Role, HttpClient>();
  beforeAll(async () => {
    producer = await openProducer();
    for (const role of ['owner', 'admin', 'member', 'viewer'] as const) {
      users.set(role, await producer.user('acme', role, role));
    }
  });
  afterAll(() => producer.close());

  const user = (role: Role): HttpClient => {
    const client = users.get(role);
    if (client === undefined) throw new Error(role);
    return client;
  };

  it.each<[Role, number]>([
    ['owner', 202],
    ['admin', 202],
    ['member', 403],
    ['viewer', 403],
  ])("as %s, retrying and cancelling others' jobs is answered %i", async (role, expected) => {
    const dead = await submit(user('owner'));
    await settle(producer.space, dead, 'dead');
    expect((await user(role).call('POST', `/api/v1/jobs/${dead}/retry`)).status).toBe(expected);
    const others = await submit(user(role === 'owner' ? 'admin' : 'owner'));
    expect((await user(role).call('DELETE', `/api/v1/jobs/${others}`)).status).toBe(expected);
    expect((await user(role).call('GET', '/api/v1/dead-letters')).status).toBe(expected === 202 ? 200 : 403);
    const own = await submit(user(role));
    expect((await user(role).call('GET', `/api/v1/jobs/${others}`)).status).toBe(200);
    expect((await user(role).call('DELETE', `/api/v1/jobs/${own}`)).status).toBe(202);
  });

  it('gives every role its place in the lane: owner before admin, member and viewer', async () => {
    const ids = new Map<string, string>();
    for (const role of ['viewer', 'member', 'admin', 'owner'] as const) {
      ids.set(role, await submit(await producer.user('order', role)));
    }
    const reader = await producer.user('order', 'viewer');
    const places = await Promise.all(
      ['owner', 'admin', 'member', 'viewer'].map(
        async (role) => (await reader.expect(200, 'GET', `/api/v1/jobs/${ids.get(role)}`)).position,
      ),
    );
    expect(places).toEqual([1, 2, 3, 4]);
  });

  it("keeps the operator's routes from every role, and lets the operator act for a tenant it names", async () => {
    for (const client of users.values()) {
      expect((await client.call('GET', '/api/v1/admin/tenants')).status).toBe(403);
      expect((await client.call('GET', '/api/v1/admin/fleet')).status).toBe(403);
    }
    const { operator } = producer;
    expect((await operator.call('POST', '/api/v1/jobs', PROBE)).status).toBe(400);
    expect((await operator.call('POST', '/api/v1/jobs', PROBE, { 'x-tenant-id': 'nobody' })).status).toBe(404);
    expect((await operator.call('POST', '/api/v1/jobs', PROBE, { 'x-tenant-id': 'acme' })).status).toBe(202);
    expect((await operator.call('GET', '/api/v1/tasks')).status).toBe(200);
    expect((await user('owner').call('GET', '/api/v1/jobs', undefined, { 'x-tenant-id': 'other' })).status).toBe(403);
    expect((await user('owner').call('GET', '/api/v1/jobs', undefined, { 'x-tenant-id': 'acme' })).status).toBe(200);
  });

  it("shows the webhook secret to the operator and the tenant's owner only", async () => {
    const path = '/api/v1/admin/tenants/acme/webhook-secret';
    const { secret } = await producer.operator.expect(200, 'GET', path);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(await user('owner').expect(200, 'GET', path)).toEqual({ secret });
    expect((await user('admin').call('GET', path)).status).toBe(403);
    const stranger = await producer.user('stranger');
    expect((await stranger.call('GET', path)).status).toBe(404);
    expect((await stranger.call('GET', '/api/v1/admin/tenants/nobody/webhook-secret')).status).toBe(404);
  });
});

async function openIssuer() {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256', use: 'sig' };
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/keys`,
    key: privateKey,
    jwk,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
