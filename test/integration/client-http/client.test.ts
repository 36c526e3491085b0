import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client, JobEvent, SluiceError, TenantEvent } from '@sluice/client';
import { createClient } from '@sluice/client';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openBrowser } from '../../support/browser.js';
import type { Fleet } from '../../support/fleet.js';
import { startFleet } from '../../support/fleet.js';
import { until } from '../../support/until.js';
import { listRoutes, readDocument } from '../producer/openapiDocument.js';
import { EXEMPLARS } from './exemplars.js';
import { installClient, runExample } from './packedExample.js';
import type { TroubledProxy } from './troubledProxy.js';
import { openTroubledProxy } from './troubledProxy.js';

/** As a module of tasks is written; the fleet has this task. */
const systemProbe = {
  name: 'system.probe',
  data: z.strictObject({
    sleepMs: z.int().default(0),
    fail: z.enum(['never', 'transient', 'permanent']).default('never'),
    note: z.string().optional(),
  }),
  result: z.object({ attempt: z.int(), sleptMs: z.int(), note: z.string().nullable() }),
} as const;

type Tasks = readonly [typeof systemProbe];

let fleet: Fleet;
let key: string;
let client: Client<Tasks>;
let proxy: TroubledProxy;
beforeAll(async () => {
  fleet = await startFleet();
  await fleet.start('worker');
  key = (await fleet.tenant('acme')).token;
  client = createClient<Tasks>({ url: fleet.producer.url, key });
  proxy = await openTroubledProxy(fleet.producer.url);
});
afterAll(async () => {
  await proxy?.close();
  await fleet?.close();
});

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('a client of a fleet', () => {
  it('runs a job and returns its typed result', async () => {
    const events: JobEvent[] = [];
    const onEvent = (event: JobEvent): void => void events.push(event);
    const result = await client.jobs.run('system.probe', { sleepMs: 20, note: 'ü' }, { onEvent });
    expect(result).toEqual({ attempt: 1, sleptMs: 20, note: 'ü' });
    expect(events.at(-1)).toMatchObject({ type: 'done', data: { state: 'completed', result } });
  });

  it('reads a job that has ended in every way', async () => {
    const { id } = await client.jobs.submit(systemProbe, { note: 'a' }, { priority: 70 });
    expect(await client.jobs.wait(id)).toMatchObject({ note: 'a' });
    expect(await client.jobs.get(id)).toMatchObject({ id, state: 'completed', priority: 70, result: { note: 'a' } });
    expect(await client.jobs.result(id)).toMatchObject({ id, state: 'completed' });
    const events = await collect(client.jobs.events(id));
    expect(events.map(({ type }) => type)).toEqual(['state', 'done']);
    const [, done] = events;
    expect(await collect(client.jobs.events(id, { lastEventId: done?.lastEventId }))).toEqual([]);
  });

  it('accepts or refuses each job of a batch by itself, and lists jobs page by page', async () => {
    const dedupeKey = 'once';
    const since = new Date().toISOString();
    const job = { task: 'system.probe', data: { sleepMs: 60_000 }, delayMs: 3_600_000 } as const;
    const [first, second, third] = await client.jobs.submitMany([job, { ...job, dedupeKey }, { ...job, dedupeKey }]);
    expect([first?.status, second?.status]).toEqual([202, 202]);
    expect(third).toMatchObject({ status: 409, code: 'duplicate_job' });
    const delayed = await collect(client.jobs.list({ since, task: 'system.probe', pageSize: 1 }));
    expect(delayed.map(({ id }) => id).sort()).toEqual([first?.id, second?.id].sort());
    for (const { id } of delayed) expect(await client.jobs.cancel(id)).toMatchObject({ id, state: 'cancelled' });
    await expect(client.jobs.wait(delayed[0]?.id ?? '')).rejects.toMatchObject({ code: 'job_cancelled' });
    expect(await client.jobs.result(delayed[0]?.id ?? '')).toMatchObject({ state: 'cancelled' });
  });

  it('reads dead letters and sends dead jobs again', async () => {
    const died = await client.jobs.run('system.probe', { fail: 'permanent' }).catch((error: SluiceError) => error);
    expect(died).toMatchObject({ name: 'SluiceJobError', state: 'dead', code: 'upstream_refused' });
    const [letter] = await collect(client.deadLetters.list({ task: 'system.probe' }));
    expect(letter).toMatchObject({ category: 'permanent', redrivenAt: null });
    expect(await client.deadLetters.redrive(letter?.id ?? '')).toMatchObject({ id: letter?.jobId });
    await expect(client.jobs.wait(letter?.jobId ?? '')).rejects.toMatchObject({ state: 'dead' });
    expect(await client.jobs.retry(letter?.jobId ?? '')).toMatchObject({ id: letter?.jobId });
    await expect(client.jobs.wait(letter?.jobId ?? '')).rejects.toMatchObject({ state: 'dead' });
  });

  it('makes, lists and deletes schedules', async () => {
    const made = await client.schedules.create('system.probe', { note: 's' }, { cron: '0 0 1 1 *', timezone: 'UTC' });
    expect(made).toMatchObject({ task: 'system.probe', cron: '0 0 1 1 *', lastJob: null });
    expect((await collect(client.schedules.list())).map(({ id }) => id)).toEqual([made.id]);
    expect(await client.schedules.get(made.id)).toMatchObject({ id: made.id, data: { note: 's' } });
    await client.schedules.delete(made.id);
    await expect(client.schedules.get(made.id)).rejects.toMatchObject({ status: 404, code: 'not_found' });
  });

  it('reads the queue, the tasks and the events of the tenant', async () => {
    expect(await client.queue.status()).toMatchObject({ zone: 'green', counts: { byState: expect.any(Object) } });
    expect((await client.tasks.list()).map(({ name }) => name)).toContain('system.probe');
    const abort = new AbortController();
    const events = client.events({ signal: abort.signal });
    const seen: IteratorResult<TenantEvent, void>[] = [];
    void events.next().then((first) => seen.push(first));
    // The stream begins with the present, so jobs are run until it is open.
    await until('an event of the tenant', async () => (await client.jobs.run('system.probe', {})) && seen.length > 0);
    expect(seen).toMatchObject([{ value: { type: 'state', data: { id: expect.any(String) } } }]);
    abort.abort(new Error('seen enough'));
    await expect(collect(events)).rejects.toThrow('seen enough');
  });

  it('fails with what the server says', async () => {
    const untyped = createClient({ url: fleet.producer.url, key });
    await expect(untyped.jobs.submit('system.probe', { sleepMs: -1 })).rejects.toMatchObject({
      status: 400,
      code: 'invalid_request',
      errors: [{ pointer: '/data/sleepMs', message: expect.any(String) }],
    });
    await expect(untyped.jobs.submit('no.such_task', {})).rejects.toMatchObject({ status: 404, code: 'unknown_task' });
    const stranger = createClient({ url: fleet.producer.url, key: 'slk_unknown' });
    await expect(stranger.queue.status()).rejects.toMatchObject({ status: 401, code: 'unauthenticated' });
    const operator = createClient<Tasks>({ url: fleet.producer.url, key: fleet.operator.token, tenant: 'acme' });
    expect(await operator.jobs.run('system.probe', {})).toMatchObject({ sleptMs: 0 });
  });

  it('knows every field of answers whose schemas no package exports', async () => {
    const routes = listRoutes(await readDocument({ url: fleet.producer.url }));
    for (const [name, exemplar] of Object.entries(EXEMPLARS)) {
      const [method, path, status = ''] = name.split(' ');
      const route = routes.find((one) => one.name === `${method} ${path}`);
      const schema = route?.operation.responses[status]?.content?.['application/json']?.schema;
      if (schema === undefined) throw new Error(`${name} is not described`);
      const ajv = new Ajv2020({ strict: false });
      formats.default(ajv);
      const check = ajv.compile(everyFieldRequired(schema) as object);
      expect([name, check(exemplar), check.errors]).toEqual([name, true, null]);
    }
  });
});

/** A schema that refuses objects in which one of its fields is missing, and such as have others. */
function everyFieldRequired(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(everyFieldRequired);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, everyFieldRequired(value)]));
  const { properties } = schema as { readonly properties?: object };
  if (properties === undefined || 'propertyNames' in schema) return inner;
  return { ...inner, required: Object.keys(properties), additionalProperties: false };
}

describe('through a proxy that refuses, cuts and respells', () => {
  const patient = (): Client<Tasks> => createClient<Tasks>({ url: proxy.url, key, retry: { baseMs: 50 } });

  it('a job is submitted once, and every event comes once', async () => {
    const before = await collect(client.jobs.list());
    proxy.plan([
      { kind: 'refuse', status: 429, headers: { 'retry-after': '0' } },
      { kind: 'refuse', status: 502 },
      { kind: 'lose-answer' },
    ]);
    const { id } = await patient().jobs.submit('system.probe', { sleepMs: 200, note: 'ü🚀' });
    expect(await collect(client.jobs.list())).toHaveLength(before.length + 1);
    proxy.plan([
      { kind: 'refuse', status: 429, headers: { 'retry-after': 'soon' } },
      { kind: 'cut-event', containing: '"state":' },
      { kind: 'refuse', status: 502 },
      { kind: 'cut-event', containing: 'event:done' },
      { kind: 'refuse', status: 504 },
    ]);
    const events = (await collect(patient().jobs.events(id))).filter(({ type }) => type !== 'position');
    expect(events.at(-1)).toMatchObject({ type: 'done', data: { state: 'completed', result: { note: 'ü🚀' } } });
    expect(new Set(events.map(({ lastEventId }) => lastEventId)).size).toBe(events.length);
    expect(proxy.planned()).toBe(0);
    await until('every connection is at rest', () => proxy.open() === 0);
  });

  it('a loop that throws loses no event and leaves no stream open', async () => {
    proxy.plan([]);
    const { id } = await patient().jobs.submit('system.probe', { sleepMs: 300 });
    let handled: string | undefined;
    const handle = async (): Promise<void> => {
      for await (const event of patient().jobs.events(id)) {
        if (event.type === 'state' && event.data.state === 'completed') throw new Error('disk full');
        handled = event.lastEventId;
      }
    };
    await expect(handle()).rejects.toThrow('disk full');
    await until('the stream is closed', () => proxy.open() === 0);
    const rest = await collect(patient().jobs.events(id, { lastEventId: handled }));
    expect(rest.map(({ type }) => type)).toEqual(['state', 'done']);
  });

  it('a result is asked for where streams are refused', async () => {
    const refuse = { kind: 'refuse', status: 503, headers: { 'retry-after': '0' } } as const;
    proxy.plan([{ kind: 'pass' }, refuse, refuse, refuse]);
    expect(await patient().jobs.run('system.probe', { sleepMs: 100 })).toMatchObject({ sleptMs: 100 });
  });
});

describe('the packed client', () => {
  it('is all that is installed, has less than 100 KB, and runs the example of its README as it is written', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-client-'));
    try {
      const { packages, manifest, bytes } = await installClient(folder);
      expect(packages).toEqual(['@sluice', 'client']);
      expect(manifest).toMatchObject({ name: '@sluice/client', dependencies: {} });
      expect(bytes).toBeLessThan(100_000);
      const printed = await runExample(folder, { SLUICE_URL: fleet.producer.url, SLUICE_KEY: key });
      expect(printed).toBe('slept 50 ms\ndead: upstream_refused\n');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('in a browser', () => {
  it('runs a job from a page of the same origin', async () => {
    const { url } = fleet.producer;
    const dist = new URL('../../../packages/client/dist/', import.meta.url);
    const browser = await openBrowser();
    try {
      const page = await browser.context.newPage();
      await page.route(`${url}/page/**`, (route) => {
        const name = new URL(route.request().url()).pathname.slice('/page/'.length);
        if (name === '') return route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Jobs</title>' });
        return route.fulfill({ contentType: 'text/javascript', path: new URL(name, dist).pathname });
      });
      await page.goto(`${url}/page/`);
      const source = `import('/page/index.js').then(({ createClient }) =>
        createClient({ url: '', key: ${JSON.stringify(key)} }).jobs.run('system.probe', { note: 'from a page' }))`;
      expect(await page.evaluate(source)).toMatchObject({ note: 'from a page' });
      expect(browser.complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
