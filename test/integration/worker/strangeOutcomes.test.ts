import type { JobContext } from '@sluice/tasks';
import type { ProbeData } from '@sluice/tasks/internal';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ledgerIdOf } from '../../../apps/worker/src/claim/claimJob.js';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { until } from '../../support/until.js';
import type { TestLane } from './support.js';
import { openTestLane } from './support.js';

/** What the handler of a job does, by the note in its data. */
const BEHAVIOURS: Record<string, (context: JobContext) => unknown> = {
  'waits for its signal': ({ signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
  'throws null': () => raise(null),
  'throws a string': () => raise('boom'),
  'throws an object that is no text': () => raise(Object.create(null)),
  'throws an error whose message throws': () =>
    raise(
      Object.defineProperty(new Error('x'), 'message', {
        get() {
          throw new Error('no message');
        },
      }),
    ),
  'throws an error whose message is a number': () => raise(Object.assign(new Error('x'), { message: 42 })),
  'throws an error of 1 MB': () => raise(new Error('x'.repeat(1_000_000))),
  'throws an error that is cut within a surrogate pair': () => raise(new Error(`${'x'.repeat(1_999)}\u{1f600}`)),
  "throws BullMQ's rate limit": () => raise(new Error('bullmq:rateLimitExceeded')),
  'throws a DelayedError by name': () => raise(Object.assign(new Error('x'), { name: 'DelayedError' })),
  'throws an UnrecoverableError by name': () => raise(Object.assign(new Error('x'), { name: 'UnrecoverableError' })),
  'returns a cycle': () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    return cycle;
  },
  'returns 1 MB': () => 'x'.repeat(1_000_000),
  'returns a key with NUL': () => ({ 'a\0b': 1, nested: [{ '\ud800': 'half' }] }),
  'returns 3,000 levels': () => nest(3_000),
  'returns 6,000 levels': () => nest(6_000),
  'returns a BigInt': () => 1n,
  'returns a toJSON that throws': () => ({
    toJSON() {
      throw null;
    },
  }),
  'returns a symbol': () => Symbol('x'),
};

function raise(thrown: unknown): never {
  throw thrown;
}

function nest(levels: number): unknown {
  let value: unknown = 0;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

let space: FleetSpace;
let lane: TestLane;
beforeAll(async () => {
  space = await openFleetSpace();
  lane = openTestLane(space, {
    tenantId: 'strange',
    concurrency: 40,
    async handler(data: ProbeData, context) {
      return BEHAVIOURS[data.note ?? '']?.(context) ?? null;
    },
  });
});
afterAll(async () => {
  await lane.close();
  await space.close();
});

describe('a handler that does what no handler should', () => {
  it.each(Object.keys(BEHAVIOURS).slice(1))('%s: its job ends once, beside an ordinary neighbour', async (note) => {
    const [strange, ordinary] = await Promise.all([lane.submit({ data: { note } }), lane.submit()]);
    const state = ['returns a key with NUL', 'returns a symbol'].includes(note) ? 'completed' : 'dead';
    const { attempts, deaths } = await lane.reaches(strange, state);
    expect(attempts).toHaveLength(1);
    expect(deaths).toHaveLength(state === 'dead' ? 1 : 0);
    await lane.reaches(ordinary, 'completed');
    await until('the lane is empty', async () => (await lane.queues.counts(lane.lane)).active === 0);
  });
});

describe('a plain client', () => {
  const open = () =>
    new Queue('strange.default', { connection: space.redis.client, prefix: space.keys.queuePrefix('strange') });

  it.each([
    ['no data', null, {}],
    ['data with NUL', { note: 'a\0b' }, {}],
    ['data with half a surrogate pair', { note: '\ud800' }, {}],
    ['data of 3,000 levels', { note: nest(3_000) }, {}],
    ['attempts that are no number', {}, { attempts: 'many' as unknown as number }],
    ['half an attempt', {}, { attempts: 2.5 }],
    ['a task whose name has NUL', {}, { jobId: 'nul' }],
    ['an id in capitals', {}, { jobId: '0198F3E2-0000-7000-8000-ABCDEFABCDEF' }],
    ['an id of its own', {}, { jobId: 'order-7' }],
  ])('may add a job with %s: it ends, and nothing waits behind it', async (what, data, opts) => {
    const queue = open();
    const name = what.startsWith('a task') ? 'a\0b' : 'system.probe';
    const job = await queue.add(name, data, { priority: 1, ...opts });
    const id = ledgerIdOf({ id: job.id ?? '', lane: lane.lane });
    await until(
      'the job is over',
      async () => {
        const { rows } = await space.postgres.db.$client.query('SELECT state FROM jobs WHERE id = $1', [id]);
        return rows.some(({ state }) => state === 'dead' || state === 'completed');
      },
      5_000,
    );
    await until('BullMQ heard of it', async () => ['failed', 'completed'].includes(await job.getState()), 5_000);
    await queue.close();
  });

  it('has its running job cancelled by the id that the ledger gave it', async () => {
    const queue = open();
    const job = await queue.add('system.probe', { note: 'waits for its signal' }, { jobId: 'order-8', priority: 1 });
    const id = ledgerIdOf({ id: job.id ?? '', lane: lane.lane });
    await lane.reaches(id, 'active');
    lane.running.cancel(id);
    await lane.reaches(id, 'cancelled');
    await queue.close();
  });
});
