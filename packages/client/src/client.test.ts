import { describe, expect, it } from 'vitest';
import { buildClient } from './client.js';
import type { SluiceError } from './sluiceError.js';
import type { VirtualRuntime } from './virtualRuntime.test.support.js';
import { createVirtualRuntime, json } from './virtualRuntime.test.support.js';

const ACCEPTED = { id: 'j1', state: 'queued', position: 1, estimatedWaitMs: 0, estimatedWaitP90Ms: 0, zone: 'green' };
const PROBLEM = { code: 'unavailable', detail: 'Try again shortly.' };

const build = (runtime: VirtualRuntime) => buildClient({ url: 'http://fleet.test/base/', key: 'slk_1' }, runtime);

const failure = (promise: Promise<unknown>): Promise<SluiceError> =>
  promise.then(
    () => Promise.reject(new Error('nothing failed')),
    (error: SluiceError) => error,
  );

describe('a request', () => {
  it('carries the credential, the tenant and a JSON body', async () => {
    const runtime = createVirtualRuntime(json(202, ACCEPTED));
    const client = buildClient({ url: 'http://fleet.test', key: async () => 'fresh', tenant: 'acme' }, runtime);
    expect(await client.jobs.submit('system.probe', { sleepMs: 1 }, { priority: 9 })).toEqual(ACCEPTED);
    const [request] = runtime.requests;
    expect(request?.url).toBe('http://fleet.test/api/v1/jobs');
    expect(Object.fromEntries(request?.headers ?? [])).toMatchObject({
      authorization: 'Bearer fresh',
      'x-tenant-id': 'acme',
      'content-type': 'application/json',
      'idempotency-key': 'key-1',
    });
    expect(await request?.json()).toEqual({ task: 'system.probe', data: { sleepMs: 1 }, priority: 9 });
  });

  it('is repeated with the same Idempotency-Key until it is answered', async () => {
    const runtime = createVirtualRuntime(
      () => Promise.reject(new TypeError('fetch failed')),
      json(429, PROBLEM, { 'retry-after': '2' }),
      () => new Response('<h1>Bad gateway</h1>', { status: 502 }),
      json(202, ACCEPTED),
    );
    const startMs = runtime.now();
    await build(runtime).jobs.submit('system.probe', {});
    expect(runtime.requests.map(({ headers }) => headers.get('idempotency-key'))).toEqual(Array(4).fill('key-1'));
    expect(runtime.now() - startMs).toBe(250 + 2_250 + 1_000);
    expect(runtime.timers()).toBe(0);
  });

  it('is repeated when no key could be had', async () => {
    const runtime = createVirtualRuntime(json(200, { tasks: [] }));
    const keys = [Promise.reject(new Error('no token')), Promise.resolve('fresh')];
    const client = buildClient({ url: 'http://fleet.test', key: async () => (await keys.shift()) ?? '' }, runtime);
    expect(await client.tasks.list()).toEqual([]);
    expect(runtime.requests.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer fresh']);
  });

  it('fails with what the server says', async () => {
    const errors = [{ pointer: '/data/to', message: 'Required' }];
    const runtime = createVirtualRuntime(json(400, { code: 'invalid_request', detail: 'Not valid.', errors }));
    expect(await failure(build(runtime).jobs.submit('system.probe', {}))).toMatchObject({
      name: 'SluiceError',
      status: 400,
      code: 'invalid_request',
      detail: 'Not valid.',
      errors,
      retryAfterMs: null,
      attempts: 1,
      message: '400 invalid_request: Not valid.',
    });
  });

  it('fails when repetitions run out, and says when to come back', async () => {
    const runtime = createVirtualRuntime(json(503, PROBLEM, { 'retry-after': '1' }));
    const error = await failure(build(runtime).queue.status());
    expect(error).toMatchObject({ status: 503, code: 'unavailable', retryAfterMs: 1_000, attempts: 6 });
  });

  it('fails when the server does not answer in time', async () => {
    const runtime = createVirtualRuntime(() => new Promise<Response>(() => undefined));
    const client = buildClient({ url: 'http://fleet.test', key: 'k', retry: false }, runtime);
    expect(await failure(client.queue.status())).toMatchObject({ status: null, code: 'timeout', attempts: 1 });
  });

  it('fails for a page that is no answer of the API', async () => {
    const runtime = createVirtualRuntime(() => new Response('<h1>Welcome</h1>'));
    expect(await failure(build(runtime).tasks.list())).toMatchObject({ status: 200, code: 'bad_answer' });
  });

  it("ends with the signal's reason, also while it waits to be repeated", async () => {
    const runtime = createVirtualRuntime(json(503, PROBLEM, { 'retry-after': '30' }));
    const abort = new AbortController();
    const reason = new Error('left the page');
    const asked = failure(build(runtime).queue.status({ signal: abort.signal }));
    await Promise.resolve();
    abort.abort(reason);
    expect(await asked).toBe(reason);
    expect(runtime.timers()).toBe(0);
  });

  it('that cannot be sent fails when the client is made', () => {
    const runtime = createVirtualRuntime();
    expect(() => buildClient({ url: 'nowhere', key: 'k' }, runtime)).toThrow(TypeError);
    expect(() => buildClient({ url: 'http://fleet.test', key: 'a\nb' }, runtime)).toThrow(TypeError);
  });
});

describe('submitMany', () => {
  const accepted = { status: 202, id: 'j1' };
  const refused = { status: 503, code: 'unavailable' };
  const jobs = [1, 2].map(() => ({ task: 'system.probe', data: {} }));

  it('sends the same batch again while some of it cannot be accepted', async () => {
    const runtime = createVirtualRuntime(
      json(207, { results: [accepted, refused] }),
      json(207, { results: [accepted, accepted] }),
    );
    expect(await build(runtime).jobs.submitMany(jobs)).toEqual([accepted, accepted]);
    expect(runtime.requests.map(({ headers }) => headers.get('idempotency-key'))).toEqual(['key-1', 'key-1']);
  });

  it('returns what was accepted when repetitions run out', async () => {
    const runtime = createVirtualRuntime(json(207, { results: [accepted, refused] }));
    expect(await build(runtime).jobs.submitMany(jobs)).toEqual([accepted, refused]);
  });
});

describe('what must not be done twice', () => {
  it('is a retry: nobody knows what became of one whose answer was lost', async () => {
    const runtime = createVirtualRuntime(() => Promise.reject(new TypeError('fetch failed')));
    expect(await failure(build(runtime).jobs.retry('j1'))).toMatchObject({ code: 'network', attempts: 1 });
  });

  it('is not a cancellation: a repetition finds the job cancelled', async () => {
    const runtime = createVirtualRuntime(
      () => Promise.reject(new TypeError('fetch failed')),
      json(409, { code: 'wrong_state', detail: 'The job is cancelled already.' }),
      json(200, { id: 'j1', state: 'cancelled' }),
    );
    expect(await build(runtime).jobs.cancel('j1')).toEqual({ id: 'j1', state: 'cancelled', cancelRequested: true });
  });

  it('is not the deletion of a schedule: a repetition does not find it', async () => {
    const lost = createVirtualRuntime(
      () => Promise.reject(new TypeError('fetch failed')),
      json(404, { code: 'not_found' }),
    );
    await build(lost).schedules.delete('s1');
    const unknown = createVirtualRuntime(json(404, { code: 'not_found' }));
    expect(await failure(build(unknown).schedules.delete('s1'))).toMatchObject({ status: 404 });
  });
});

describe('a list', () => {
  it('reads the next page when the one before is used up', async () => {
    const runtime = createVirtualRuntime(
      json(200, { jobs: [{ id: 'a' }, { id: 'b' }], nextCursor: 'b' }),
      json(200, { jobs: [{ id: 'c' }], nextCursor: null }),
    );
    const seen: string[] = [];
    for await (const { id } of build(runtime).jobs.list({ state: 'dead', pageSize: 2 })) {
      seen.push(`${id} of request ${runtime.requests.length}`);
    }
    expect(seen).toEqual(['a of request 1', 'b of request 1', 'c of request 2']);
    expect(runtime.requests.map(({ url }) => new URL(url).search)).toEqual([
      '?state=dead&limit=2',
      '?state=dead&limit=2&cursor=b',
    ]);
  });
});
