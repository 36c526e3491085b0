import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet } from '../support/fleet.js';
import { startFleet } from '../support/fleet.js';
import type { FleetProcess } from '../support/fleetProcess.js';
import type { HttpClient } from '../support/httpClient.js';
import type { MovableClock } from '../support/movableClock.js';
import { createMovableClock } from '../support/movableClock.js';
import { until } from '../support/until.js';

const HOUR_MS = 3_600_000;

/** Timeout for an expected event on a shared machine, in ms. */
const PATIENCE_MS = 60_000;

interface Seen {
  readonly state: string;
  readonly acceptedAt: string;
  readonly startedAt: string | null;
  readonly attempts: number;
}

describe('a clock that is moved', () => {
  let fleet: Fleet;
  let clock: MovableClock;
  let tenant: HttpClient;
  let worker: FleetProcess;

  beforeAll(async () => {
    clock = await createMovableClock();
    fleet = await startFleet();
    await fleet.start('scaler', { SCALER_INTERVAL_MS: '500' });
    worker = await fleet.start('worker', { ...clock.environment, SHUTDOWN_GRACE_MS: '300', STALLED_CHECK_MS: '2000' });
    tenant = await fleet.tenant('acme');
  });
  afterEach(async () => {
    await clock.moveTo(0);
    await until('the worker is ready', async () => (await readiness(worker)).status === 200, PATIENCE_MS);
  });
  afterAll(async () => {
    await fleet?.close();
    await clock?.remove();
  });

  async function readiness({ url }: FleetProcess): Promise<{ status: number; checks: Record<string, boolean> }> {
    const answer = await fetch(`${url}/readyz`);
    const { checks } = (await answer.json()) as { checks: Record<string, boolean> };
    return { status: answer.status, checks };
  }

  async function submit(body: Readonly<Record<string, unknown>>, by: HttpClient = tenant): Promise<string> {
    return String((await by.expect(202, 'POST', '/api/v1/jobs', { task: 'system.probe', data: {}, ...body })).id);
  }

  async function look(id: string): Promise<Seen> {
    return (await tenant.expect(200, 'GET', `/api/v1/jobs/${id}`)) as unknown as Seen;
  }

  function reaches(id: string, state: string): Promise<Seen> {
    return until(
      `the job is ${state}`,
      async () => {
        const seen = await look(id);
        return seen.state === state ? seen : null;
      },
      PATIENCE_MS,
    );
  }

  /** Waits until the job's first attempt is running, or has run between two polls. */
  async function begins(id: string): Promise<void> {
    await until('an attempt has begun', async () => (await look(id)).attempts > 0, PATIENCE_MS);
  }

  function waitedMs({ acceptedAt, startedAt }: Seen): number {
    return Date.parse(startedAt ?? '') - Date.parse(acceptedAt);
  }

  it.each([
    ['fast', HOUR_MS],
    ['slow', -HOUR_MS],
  ])('takes no jobs while it is an hour %s, says so, and goes on when it is right again', async (_name, offsetMs) => {
    await clock.moveTo(offsetMs);
    await until('it is not ready', async () => (await readiness(worker)).status === 503, PATIENCE_MS);
    expect((await readiness(worker)).checks).toMatchObject({ redis: true, postgres: true, clock: false });
    const id = await submit({});
    const skew = await until(
      'the metric tells',
      async () => {
        const text = await (await fetch(`${worker.url}/metrics`)).text();
        return /^sluice_clock_skew_seconds\{[^}]*\} (\S+)$/m.exec(text)?.[1];
      },
      PATIENCE_MS,
    );
    expect(Math.abs(Number(skew) - offsetMs / 1_000)).toBeLessThan(60);
    const told = worker.lines.filter(
      ({ event, msg }) => event === 'clock_skewed' && /clock is [\d.]+ s .*\(NTP\)/.test(String(msg)),
    );
    expect(told.length).toBeGreaterThan(0);
    expect((await look(id)).attempts).toBe(0);
    await clock.moveTo(0);
    await reaches(id, 'completed');
  });

  it('lets jobs that run go on when it jumps, and starts no delayed job before its time', async () => {
    const running = await submit({ data: { sleepMs: 4_000 } });
    await begins(running);
    const delayed = await submit({ delayMs: 8_000 });
    await clock.moveTo(HOUR_MS);
    expect((await reaches(running, 'completed')).attempts).toBe(1);
    expect((await look(delayed)).attempts).toBe(0);
    await clock.moveTo(0);
    const done = await reaches(delayed, 'completed');
    expect(waitedMs(done)).toBeGreaterThanOrEqual(6_900);
    expect(done.attempts).toBe(1);
  });

  it('retries after a jump neither at once nor an hour later', async () => {
    const id = await submit({ data: { sleepMs: 1_500, fail: 'transient', failTimes: 1 } });
    await begins(id);
    await clock.moveTo(-HOUR_MS);
    // Its retry may follow immediately, by chance; and a process that was paused for long releases it.
    await until(
      'the first attempt is over',
      async () => {
        const { state, attempts } = await look(id);
        return state !== 'active' || attempts > 1;
      },
      PATIENCE_MS,
    );
    await clock.moveTo(0);
    expect((await reaches(id, 'completed')).attempts).toBeGreaterThanOrEqual(2);
  });

  it.each([
    ['fast', HOUR_MS],
    ['slow', -HOUR_MS],
  ])('delays by the right time in a producer that is an hour %s', async (_name, offsetMs) => {
    const wrong = await createMovableClock(offsetMs);
    try {
      const producer = await fleet.start('producer', wrong.environment);
      await until(
        'it has noticed',
        () => producer.lines.some(({ msg }) => /clock is [\d.]+ s (ahead of|behind)/.test(String(msg))),
        PATIENCE_MS,
      );
      const { key } = await fleet.operator.expect(201, 'POST', '/api/v1/admin/tenants/acme/keys', { role: 'owner' });
      const answer = await fetch(`${producer.url}/api/v1/jobs`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ task: 'system.probe', data: {}, delayMs: 2_000 }),
      });
      const { id } = (await answer.json()) as { id: string };
      const done = await reaches(id, 'completed');
      expect(waitedMs(done)).toBeGreaterThanOrEqual(900);
      await producer.stop();
    } finally {
      await wrong.remove();
    }
  });
});
