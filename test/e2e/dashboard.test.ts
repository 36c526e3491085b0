import { join } from 'node:path';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { registerLanes } from '@sluice/fleet/redis/commands/registerLanes';
import { forgetTenantLanes } from '@sluice/fleet/redis/commands/tenantEntry';
import { newId } from '@sluice/shared/ids/ids';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestBrowser } from '../support/browser.js';
import { openBrowser } from '../support/browser.js';
import type { FleetProcess } from '../support/fleetProcess.js';
import { startFleetProcess } from '../support/fleetProcess.js';
import type { FleetSpace } from '../support/fleetSpace.js';
import { openFleetSpace } from '../support/fleetSpace.js';
import { until } from '../support/until.js';

const OPERATOR_KEY = 'the-operator-key-of-this-test';
const CANARY = 'canary-4711-of-acme';

let space: FleetSpace;
let queues: LaneQueues;
let dashboard: FleetProcess;
let browser: TestBrowser;
let page: Page;

beforeAll(async () => {
  space = await openFleetSpace();
  queues = createLaneQueues(space.redis.client, space.keys);
  await addJobs('acme', 3);
  await addJobs('globex', 2);
  await queues.addDeadLetter('acme', {
    jobId: newId(),
    task: 'notifications.webhook',
    category: 'permanent',
    error: { code: 'upstream_refused', message: `refused ${CANARY}` },
    attempts: 1,
  });
  dashboard = await startDashboard({});
  browser = await openBrowser();
  page = await browser.context.newPage();
});

afterAll(async () => {
  await browser?.close();
  const code = await dashboard?.stop();
  await queues?.close();
  await space?.close();
  expect(code).toBe(0);
});

describe('the dashboard in a browser', () => {
  it('sends a visitor to the login, and refuses a wrong key', async () => {
    await page.goto(`${dashboard.url}/queue/acme.notifications`);
    expect(new URL(page.url()).pathname).toBe('/login');
    await snapshot('login');
    await page.getByLabel('Operator key').fill('not-the-operator-key-at-all');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('This is not the operator key.').waitFor();
    expect(new URL(page.url()).pathname).toBe('/login');
  });

  it('lets the operator in, to the page that was asked for', async () => {
    await page.getByLabel('Operator key').fill(OPERATOR_KEY);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL(`${dashboard.url}/queue/acme.notifications**`);
    const [cookie] = await browser.context.cookies();
    expect(cookie).toMatchObject({ name: 'sluice_session', httpOnly: true, sameSite: 'Strict', path: '/' });
  });

  it('shows the lanes of every tenant with their counts', async () => {
    await page.goto(dashboard.url);
    for (const tenant of ['acme', 'globex']) await page.getByRole('main').getByText(tenant).first().waitFor();
    await snapshot('overview');
    const lanes = await readLanes();
    expect(lanes.get('acme.notifications')).toMatchObject({ prioritized: 3 });
    expect(lanes.get('globex.notifications')).toMatchObject({ prioritized: 2 });
    expect(lanes.get('acme.dead_letters')).toMatchObject({ waiting: 1 });
  });

  it('shows a tenant that comes while it runs, and no longer one that has gone', async () => {
    const shown = async () => (await page.getByRole('navigation').textContent()) ?? '';
    await addJobs('initech', 1);
    await until('the new tenant on the page', async () => (await shown()).includes('initech'));
    await forgetTenantLanes(space.redis.client, space.keys, 'initech', ['initech.notifications']);
    await until('the tenant gone from the page', async () => !(await shown()).includes('initech'));
    expect(await shown()).toContain('globex');
  });

  it('shows jobs without their payload, and dead letters without their message', async () => {
    await page.goto(`${dashboard.url}/queue/acme.notifications`);
    await page.getByText('DASHBOARD_SHOW_PAYLOADS=true shows it').first().waitFor();
    await snapshot('queue');
    expect(await page.content()).not.toContain(CANARY);
    await page.getByRole('main').getByRole('link').first().click();
    await page.getByText('bytes').first().waitFor();
    expect(await page.content()).not.toContain(CANARY);
    await page.goto(`${dashboard.url}/queue/acme.dead_letters`);
    await page.getByText('upstream_refused').waitFor();
    expect(await page.content()).not.toContain(CANARY);
    for (const path of await jobPaths('acme.notifications')) expect(await readText(path)).not.toContain(CANARY);
  });

  it('offers no action, and refuses each that is asked of its API', async () => {
    await page.goto(`${dashboard.url}/queue/acme.notifications`);
    await page.getByText('notifications.webhook').first().waitFor();
    const buttons = await page.getByRole('button').evaluateAll((all) => all.map((one) => one.outerHTML).join());
    expect(buttons).not.toMatch(/retry|promote|pause|resume|clean|obliterate|duplicate|add job/i);
    const [job = ''] = await jobPaths('acme.notifications');
    const actions = [
      ['PUT', '/api/queues/pause'],
      ['PUT', '/api/queues/acme.notifications/pause'],
      ['PUT', '/api/queues/acme.notifications/empty'],
      ['PUT', '/api/queues/acme.notifications/obliterate'],
      ['PUT', '/api/queues/acme.notifications/clean/prioritized'],
      ['POST', '/api/queues/acme.notifications/add'],
      ['PUT', `${job}/clean`],
      ['PATCH', `${job}/update-data`],
    ] as const;
    for (const [method, path] of actions) expect([path, await statusOf(method, path)]).toEqual([path, 405]);
    expect((await readLanes()).get('acme.notifications')).toMatchObject({ prioritized: 3 });
  });

  it('logs out, and then shows nothing', async () => {
    await page.goto(dashboard.url);
    await page.getByRole('banner').getByRole('button').last().click();
    await page.getByText('Log out').click();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Operator key').waitFor();
    const answer = await browser.context.request.get(`${dashboard.url}/api/queues`);
    expect(answer.status()).toBe(401);
  });

  it('asked no other host for anything, and had nothing to complain of but the refusals above', () => {
    expect(new Set(browser.requests.map((url) => new URL(url).origin))).toEqual(new Set([dashboard.url]));
    const others = browser.complaints.filter((text) => !/^Failed to load resource: .* 40[15] /.test(text));
    expect(others).toEqual([]);
  });
});

describe("the dashboard's listener", () => {
  it('answers probes and metrics to anybody, and nothing else', async () => {
    for (const path of ['/livez', '/readyz', '/metrics', '/login']) expect((await ask('GET', path)).status).toBe(200);
    const refused = await ask('GET', '/api/queues');
    expect(refused.status).toBe(401);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(await refused.json()).toMatchObject({ status: 401, code: 'unauthenticated', instance: '/api/queues' });
    for (const path of ['/', '/queue/acme.notifications', '/job-schedulers']) {
      const answer = await ask('GET', path, { accept: 'text/html' });
      expect([answer.status, answer.headers.get('location')]).toEqual([303, `/login?next=${encodeURIComponent(path)}`]);
    }
    for (const token of ['x', 'a.b.c', `${Date.now().toString(36)}.${'A'.repeat(22)}.${'B'.repeat(43)}`]) {
      expect((await ask('GET', '/api/queues', { cookie: `sluice_session=${token}` })).status).toBe(401);
    }
  });

  it('sends headers that keep its pages out of frames and foreign code out of its pages', async () => {
    for (const path of ['/login', '/api/queues', '/nowhere']) {
      const { headers } = await ask('GET', path);
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    }
  });

  it('refuses to log in, out or to act for a page of another site', async () => {
    const sources: Record<string, string>[] = [
      {},
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: dashboard.url, 'sec-fetch-site': 'cross-site' },
      { origin: dashboard.url, 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of sources) {
      expect((await logIn(OPERATOR_KEY, headers)).status).toBe(403);
      expect((await ask('POST', '/logout', headers)).status).toBe(403);
      expect((await ask('PUT', '/api/queues/pause', headers)).status).toBe(403);
    }
  });

  it('never leads to another site after a login', async () => {
    for (const next of ['https://evil.example', '//evil.example', '/\\evil.example', '/%0d%0aset-cookie:x', '/login']) {
      const answer = await logIn(OPERATOR_KEY, { origin: dashboard.url }, next);
      expect(answer.status).toBe(303);
      const location = answer.headers.get('location') ?? '';
      expect(new URL(location, dashboard.url).origin).toBe(dashboard.url);
      expect(location).not.toMatch(/evil\.example(?!.*\?)|[\r\n]/);
    }
  });

  it('makes whoever guesses wait, with the right key too, and lets others in', async () => {
    const proxied = await startDashboard({ TRUST_PROXY: 'loopback' });
    try {
      const attempt = (address: string, key: string) =>
        logIn(key, { origin: proxied.url, 'x-forwarded-for': address }, '/', proxied.url);
      const guesses = await Promise.all(Array.from({ length: 20 }, () => attempt('192.0.2.1', 'guess')));
      expect(guesses.filter(({ status }) => status === 401)).toHaveLength(3);
      const late = await attempt('192.0.2.1', OPERATOR_KEY);
      expect(late.status).toBe(429);
      expect(Number(late.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect((await attempt('192.0.2.2', OPERATOR_KEY)).status).toBe(303);
    } finally {
      expect(await proxied.stop()).toBe(0);
    }
  });

  it('marks the cookie Secure when a trusted proxy says that it is asked over https, and only then', async () => {
    const proxied = await startDashboard({ TRUST_PROXY: '127.0.0.0/8,::1' });
    try {
      const headers = {
        origin: 'https://fleet.example',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'fleet.example',
      };
      const secure = await logIn(OPERATOR_KEY, headers, '/', proxied.url);
      expect(secure.headers.get('set-cookie')).toMatch(/HttpOnly; Secure; SameSite=Strict/);
      const plain = await logIn(OPERATOR_KEY, { origin: dashboard.url, 'x-forwarded-proto': 'https' });
      expect(plain.headers.get('set-cookie')).not.toContain('Secure');
    } finally {
      expect(await proxied.stop()).toBe(0);
    }
  });

  it('shows no more lanes than it may, those with jobs first, and says so', async () => {
    const small = await startDashboard({ DASHBOARD_MAX_QUEUES: '2', DASHBOARD_SHOW_PAYLOADS: 'true' });
    const lanes = ['aaa-idle.default', 'aab-idle.default'];
    try {
      await registerLanes(
        space.redis.client,
        space.keys,
        lanes.map((name) => ({ name, tenantId: name.slice(0, -8), jobs: 0 })),
      );
      const login = await logIn(OPERATOR_KEY, { origin: small.url }, '/', small.url);
      const cookie = login.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
      const page = await until('a page that tells of five lanes', async () => {
        const text = await (await fetch(small.url, { headers: { cookie, accept: 'text/html' } })).text();
        return text.includes('2 of 5 lanes shown') && text;
      });
      expect(page).not.toContain('fonts.googleapis.com');
      const shown = async (query = '') => {
        const url = `${small.url}/api/queues?page=1&jobsPerPage=10${query}`;
        const { queues: all } = JSON.parse(await (await fetch(url, { headers: { cookie } })).text());
        return all.map(({ name }: { name: string }) => name);
      };
      expect(await shown()).toEqual(['acme.dead_letters', 'acme.notifications']);
      await until('a lane that somebody asks for', async () =>
        (await shown('&activeQueue=aab-idle.default')).includes('aab-idle.default'),
      );
    } finally {
      expect(await small.stop()).toBe(0);
      for (const name of lanes) await forgetTenantLanes(space.redis.client, space.keys, name.slice(0, -8), [name]);
    }
  });

  it('lets actions through when it is told to, but writes no data that it hides', async () => {
    const acting = await startDashboard({ DASHBOARD_ALLOW_ACTIONS: 'true' });
    try {
      const login = await logIn(OPERATOR_KEY, { origin: acting.url }, '/', acting.url);
      const cookie = login.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
      const act = async (method: string, path: string, body?: object) =>
        (
          await fetch(`${acting.url}/api/queues/globex.notifications${path}`, {
            method,
            headers: { cookie, origin: acting.url, 'content-type': 'application/json' },
            body: JSON.stringify(body ?? {}),
          })
        ).status;
      await until('the lanes of the fleet', async () => (await act('PUT', '/pause')) === 200);
      expect(await act('PUT', '/resume')).toBe(200);
      expect(await act('POST', '/add', { name: 'x', data: {}, options: {} })).toBe(403);
    } finally {
      expect(await acting.stop()).toBe(0);
    }
  });

  it('refuses to start without an operator key, and says what to do', async () => {
    await expect(startFleetProcess('dashboard', space.environment)).rejects.toThrow('before it was ready');
  });
});

async function startDashboard(more: Record<string, string>): Promise<FleetProcess> {
  return startFleetProcess('dashboard', { ...space.environment, SLUICE_OPERATOR_KEY: OPERATOR_KEY, ...more });
}

async function addJobs(tenantId: string, count: number): Promise<void> {
  await queues.add(
    Array.from({ length: count }, () => ({
      lane: { tenantId, queueClass: 'notifications' as const },
      job: {
        id: newId(),
        task: 'notifications.webhook',
        data: { url: 'https://example.com/hook', payload: { secret: CANARY } },
        queuePriority: 50,
        maxAttempts: 4,
        delayMs: 0,
      },
    })),
  );
}

/** The counts of every lane that the page's own API tells, by lane. */
async function readLanes(): Promise<Map<string, Record<string, number>>> {
  const { queues: lanes } = JSON.parse(await readText('/api/queues?page=1&jobsPerPage=10'));
  return new Map(lanes.map((lane: { name: string; counts: Record<string, number> }) => [lane.name, lane.counts]));
}

/** Path of each job of a lane in the page's API. */
async function jobPaths(lane: string): Promise<string[]> {
  const { queues: lanes } = JSON.parse(await readText(`/api/queues?activeQueue=${lane}&page=1&jobsPerPage=10`));
  const { jobs } = lanes.find(({ name }: { name: string }) => name === lane);
  return jobs.map(({ id }: { id: string }) => `/api/queues/${lane}/${id}`);
}

/** What the page reads with its session from a path. */
async function readText(path: string): Promise<string> {
  return page.evaluate(async (url) => (await fetch(url)).text(), path);
}

/** How a request of the page with its session is answered. */
async function statusOf(method: string, path: string): Promise<number> {
  return page.evaluate(async ([how, url]) => (await fetch(url, { method: how })).status, [method, path] as const);
}

/** A request of no browser, without a session. */
async function ask(method: string, path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(dashboard.url + path, { method, headers, redirect: 'manual' });
}

async function logIn(key: string, headers: Record<string, string>, next = '/', url = dashboard.url): Promise<Response> {
  return fetch(`${url}/login`, {
    method: 'POST',
    headers,
    redirect: 'manual',
    body: new URLSearchParams({ key, next }),
  });
}

async function snapshot(name: string): Promise<void> {
  const folder = process.env.SLUICE_SCREENSHOTS;
  if (folder !== undefined) await page.screenshot({ path: join(folder, `dashboard-${name}.png`) });
}
