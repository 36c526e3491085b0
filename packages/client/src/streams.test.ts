import { describe, expect, it } from 'vitest';
import type { AcceptedJob } from './answers.js';
import { buildClient } from './client.js';
import type { JobEvent } from './events.js';
import type { VirtualRuntime } from './virtualRuntime.test.support.js';
import { createVirtualRuntime, eventStream, json } from './virtualRuntime.test.support.js';

const ACCEPTED = { id: 'j1', state: 'queued', position: 1, estimatedWaitMs: 0, estimatedWaitP90Ms: 0, zone: 'green' };
const DONE = { id: 'j1', state: 'completed', result: { sum: 3 }, error: null };

const state = (id: number): string => `id: ${id}\nevent: state\ndata: {"state":"active","attempt":${id}}\n\n`;
const done = (end: object = DONE): string => `id: 9\nevent: done\ndata: ${JSON.stringify(end)}\n\n`;

const refusal = (status: number, retryAfter?: string) => (): Response =>
  new Response('no', { status, headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter } });
const cut = (): Promise<Response> => Promise.reject(new TypeError('fetch failed'));

const build = (runtime: VirtualRuntime) => buildClient({ url: 'http://fleet.test', key: 'slk_1' }, runtime);
const lastIds = ({ requests }: { readonly requests: readonly Request[] }): (string | null)[] =>
  requests.map(({ headers }) => headers.get('last-event-id'));

async function collect(events: AsyncIterable<JobEvent>): Promise<string[]> {
  const seen: string[] = [];
  for await (const { type, lastEventId } of events) seen.push(`${type} ${lastEventId}`);
  return seen;
}

describe('events', () => {
  it('go on behind the last event after every kind of passing failure, and end with done', async () => {
    const runtime = createVirtualRuntime(
      refusal(429, '3'),
      refusal(502),
      eventStream(`retry: 1000\n\n${state(1)}`, 'cut').answer,
      refusal(503, 'soon'),
      cut,
      refusal(504),
      eventStream(`:\r\n\r\n${state(2).replaceAll('\n', '\r\n')}id:3\nevent:later\ndata:{}\n\n${state(4).slice(0, -1)}`)
        .answer,
      eventStream(state(4) + done()).answer,
    );
    expect(await collect(build(runtime).jobs.events('j1'))).toEqual(['state 1', 'state 2', 'state 4', 'done 9']);
    expect(lastIds(runtime)).toEqual([null, null, null, '1', '1', '1', '1', '3']);
    expect(runtime.timers()).toBe(0);
  });

  it('wait as long as the server asks, with jitter, and longer after each failure', async () => {
    const runtime = createVirtualRuntime(
      eventStream(`retry: 2000\n\n${state(1)}`).answer,
      cut,
      cut,
      refusal(503, '30'),
      eventStream(done()).answer,
    );
    const startMs = runtime.now();
    await collect(build(runtime).jobs.events('j1'));
    // After the end 2,000 and half as much; failures 1,000 and 2,000; then what is asked for and half of 2,000.
    expect(runtime.now() - startMs).toBe(3_000 + 1_000 + 2_000 + 31_000);
  });

  for (const status of [400, 401, 403, 404, 410]) {
    it(`end with ${status}`, async () => {
      const runtime = createVirtualRuntime(json(status, { code: 'not_found', detail: 'There is no such job.' }));
      await expect(collect(build(runtime).jobs.events('j1'))).rejects.toMatchObject({ status });
      expect(runtime.requests).toHaveLength(1);
    });
  }

  it('end when the server says that nothing is left, and when the answer is no stream', async () => {
    const over = createVirtualRuntime(() => new Response(null, { status: 204 }));
    expect(await collect(build(over).jobs.events('j1', { lastEventId: '9' }))).toEqual([]);
    expect(lastIds(over)).toEqual(['9']);
    const page = createVirtualRuntime(() => new Response('<h1>Welcome</h1>'));
    await expect(collect(build(page).jobs.events('j1'))).rejects.toMatchObject({ code: 'bad_answer' });
  });

  it('come over a new connection when the old one is silent for 45 s', async () => {
    const silent = eventStream(state(1), 'silence');
    const runtime = createVirtualRuntime(silent.answer, eventStream(done()).answer);
    const startMs = runtime.now();
    // A fetch of the system's own ends the body with the signal; this one is cancelled.
    const events = build(runtime).jobs.events('j1');
    expect((await events.next()).value).toMatchObject({ type: 'state' });
    expect((await events.next()).value).toMatchObject({ type: 'done' });
    expect(runtime.now() - startMs).toBeGreaterThanOrEqual(45_000);
    expect(silent.isCancelled()).toBe(true);
  });

  it('are not lost with a loop that throws, and leave no connection open', async () => {
    const open = eventStream(state(1) + state(2), 'silence');
    const runtime = createVirtualRuntime(open.answer, eventStream(state(2) + done()).answer);
    const client = build(runtime);
    let handled: string | undefined;
    const handleAll = async (): Promise<void> => {
      for await (const event of client.jobs.events('j1')) {
        if (event.lastEventId === '2') throw new Error('disk full');
        handled = event.lastEventId;
      }
    };
    await expect(handleAll()).rejects.toThrow('disk full');
    expect([open.isCancelled(), runtime.timers()]).toEqual([true, 0]);
    expect(await collect(client.jobs.events('j1', { lastEventId: handled }))).toEqual(['state 2', 'done 9']);
  });

  it("end with the signal's reason", async () => {
    const open = eventStream(state(1), 'silence');
    const runtime = createVirtualRuntime(open.answer);
    const abort = new AbortController();
    const events = build(runtime).jobs.events('j1', { signal: abort.signal });
    await events.next();
    abort.abort(new Error('left the page'));
    await expect(events.next()).rejects.toThrow('left the page');
    expect([open.isCancelled(), runtime.timers()]).toEqual([true, 0]);
  });

  it('that are too large end the stream', async () => {
    const runtime = createVirtualRuntime(eventStream(`data: ${'x'.repeat(1_100_000)}`).answer);
    await expect(collect(build(runtime).jobs.events('j1'))).rejects.toMatchObject({ code: 'event_too_large' });
  });
});

describe('run', () => {
  it('submits, reports what happens, and returns the result', async () => {
    const runtime = createVirtualRuntime(json(202, ACCEPTED), eventStream(state(1) + done()).answer);
    const seen: string[] = [];
    const onAccepted = ({ id }: AcceptedJob): void => void seen.push(id);
    const onEvent = ({ type }: JobEvent): void => void seen.push(type);
    expect(await build(runtime).jobs.run('sums.add', { a: 1 }, { onAccepted, onEvent })).toEqual({ sum: 3 });
    expect(seen).toEqual(['j1', 'state', 'done']);
    expect(runtime.requests.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
      'POST /api/v1/jobs',
      'GET /api/v1/jobs/j1/events',
    ]);
    expect(runtime.timers()).toBe(0);
  });

  it('asks for the result where streams are refused', async () => {
    const full = refusal(503, '5');
    const runtime = createVirtualRuntime(
      json(202, ACCEPTED),
      full,
      full,
      full,
      json(202, { id: 'j1', state: 'active' }),
      json(200, DONE),
    );
    expect(await build(runtime).jobs.run('sums.add', {})).toEqual({ sum: 3 });
    expect(runtime.requests.at(-1)?.url).toBe('http://fleet.test/api/v1/jobs/j1/result?waitMs=25000');
  });

  it('fails with the error of a job that did not complete', async () => {
    const error = { code: 'upstream_refused', message: 'refused 410' };
    const end = done({ id: 'j1', state: 'dead', result: null, error });
    const runtime = createVirtualRuntime(json(202, ACCEPTED), eventStream(end).answer);
    await expect(build(runtime).jobs.run('sums.add', {})).rejects.toMatchObject({
      name: 'SluiceJobError',
      jobId: 'j1',
      state: 'dead',
      code: 'upstream_refused',
      detail: 'refused 410',
    });
  });

  it('fails with the code of the state when a job was cancelled', async () => {
    const runtime = createVirtualRuntime(eventStream(done({ ...DONE, state: 'cancelled', result: null })).answer);
    await expect(build(runtime).jobs.wait('j1')).rejects.toMatchObject({ code: 'job_cancelled', state: 'cancelled' });
  });

  it('gives up after maxWaitMs, and names the job', async () => {
    const open = eventStream(state(1), 'silence');
    const runtime = createVirtualRuntime(json(202, ACCEPTED), open.answer);
    const error = { name: 'SluiceJobError', code: 'timeout', jobId: 'j1', state: null };
    await expect(build(runtime).jobs.run('sums.add', {}, { maxWaitMs: 5_000 })).rejects.toMatchObject(error);
    expect([open.isCancelled(), runtime.timers()]).toEqual([true, 0]);
  });

  it('names the job when the server cannot be asked any more', async () => {
    const runtime = createVirtualRuntime(json(202, ACCEPTED), cut);
    const error = { name: 'SluiceJobError', code: 'network', jobId: 'j1', state: null, status: null };
    await expect(build(runtime).jobs.run('sums.add', {})).rejects.toMatchObject(error);
  });

  it('throws what onEvent throws, and leaves no connection open', async () => {
    const open = eventStream(state(1), 'silence');
    const runtime = createVirtualRuntime(json(202, ACCEPTED), open.answer);
    const onEvent = (): void => {
      throw new Error('disk full');
    };
    await expect(build(runtime).jobs.run('sums.add', {}, { onEvent })).rejects.toThrow('disk full');
    expect([open.isCancelled(), runtime.timers()]).toEqual([true, 0]);
  });
});
