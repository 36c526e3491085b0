import type { SlotTicket } from '@sluice/fleet/queue/run/slotCapacity';
import type { SlotAnswer, SlotRequest } from '@sluice/fleet/redis/commands/holdSlots';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SlotHolder } from './slotHolder.js';

const LEASE_MS = 10_000;
const GRANTED: SlotAnswer = { kind: 'granted' };

/** A call to Redis, and its reply. */
interface Call {
  readonly take: readonly number[];
  readonly give: readonly number[];
  readonly request: SlotRequest;
  answer(...answers: readonly SlotAnswer[]): Promise<void>;
  fail(): Promise<void>;
}

interface Bench {
  readonly slots: SlotHolder;
  readonly calls: Call[];
  /** Tenants reported to have capacity, in order. */
  readonly rooms: string[];
  /** Tenants that were refused a slot, in order. */
  readonly refusals: string[];
  /** How far the wall clock is ahead of the lease clock, in ms. */
  sleptMs: number;
  /** Replies automatically from now on. */
  auto: ((number: number) => SlotAnswer) | null;
  place(placed: Readonly<Record<string, readonly number[]>>): void;
  /** Holds the tenant's first slot and starts a job in it. */
  run(tenantId?: string): Promise<SlotTicket>;
  last(): Call;
}

function openBench(slotConcurrency = 1, leaseMs = LEASE_MS): Bench {
  const calls: Call[] = [];
  const rooms: string[] = [];
  const refusals: string[] = [];
  const slots = new SlotHolder({
    workerId: 'w1',
    leaseMs,
    slotConcurrency,
    hold: (request) =>
      new Promise((resolve, reject) => {
        calls.push({
          take: request.take.map(({ number }) => number),
          give: request.give.map(({ number }) => number),
          request,
          answer(...answers) {
            resolve(answers);
            return advance(0);
          },
          fail() {
            reject(new Error('cut off'));
            return advance(0);
          },
        });
        if (bench.auto !== null) resolve(request.take.map(({ number }) => bench.auto?.(number) ?? GRANTED));
      }),
    room: (tenantId) => rooms.push(tenantId),
    refused: (tenantId) => refusals.push(tenantId),
    now: () => Date.now() + bench.sleptMs,
    monotonicMs: () => Date.now(),
    log: createLogger('test', { level: 'silent' }),
  });
  const bench: Bench = {
    slots,
    calls,
    rooms,
    refusals,
    sleptMs: 0,
    auto: null,
    place: (placed) => slots.follow(new Map(Object.entries(placed)), () => true),
    async run(tenantId = 'acme') {
      slots.has(tenantId);
      await advance(0);
      if (bench.auto === null) await bench.last().answer(GRANTED);
      return taken(slots.take(tenantId));
    },
    last() {
      const call = calls.at(-1);
      if (call === undefined) throw new Error('nothing was asked');
      return call;
    },
  };
  return bench;
}

function taken(ticket: SlotTicket | null): SlotTicket {
  if (ticket === null) throw new Error('there was no room');
  return ticket;
}

async function advance(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

describe('SlotHolder', () => {
  let bench: Bench;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
    bench = openBench();
    await bench.slots.start();
  });
  afterEach(async () => {
    bench.auto = () => GRANTED;
    for (const call of bench.calls) void call.fail();
    await bench.slots.stop();
    vi.useRealTimers();
  });

  it('asks for nothing until there is work, and lets a job be claimed while it asks', async () => {
    bench.place({ acme: [1, 2] });
    await advance(LEASE_MS);
    expect(bench.slots.mayHave('acme')).toBe(true);
    await advance(0);
    expect(bench.calls).toEqual([]);
    expect(bench.slots.has('acme')).toBe(true);
    await advance(0);
    expect(bench.last().request).toMatchObject({ holder: 'w1', leaseMs: LEASE_MS, give: [] });
    expect(bench.last().take).toEqual([1]);
    const ticket = taken(bench.slots.take('acme'));
    expect(bench.calls).toHaveLength(1);
    expect([ticket.isGood(), ticket.isLost(), bench.slots.size()]).toEqual([false, true, 0]);
    bench.rooms.length = 0;
    await bench.last().answer(GRANTED);
    expect(await ticket.granted).toBe(true);
    expect([ticket.isGood(), ticket.isLost(), bench.slots.size()]).toEqual([true, false, 1]);
    expect(bench.rooms).toEqual(['acme']);
  });

  it.each([
    ['it is held elsewhere', { kind: 'held', forMs: 9_000 }],
    ['it is not wanted', { kind: 'unwanted' }],
    ['no answer comes', null],
  ] as const)('grants nothing to the job that was claimed while it asked: %s', async (_why, answer) => {
    bench.place({ acme: [1] });
    const ticket = taken(bench.slots.take('acme'));
    await advance(0);
    await (answer === null ? bench.last().fail() : bench.last().answer(answer));
    expect(await ticket.granted).toBe(false);
    expect([ticket.isGood(), ticket.isLost(), bench.slots.size()]).toEqual([false, true, 0]);
    bench.slots.give(ticket);
    expect(bench.slots.take('acme')).toBeNull();
    // Another process may be granted what this one was refused; a missing reply says nothing.
    expect(bench.refusals).toEqual(answer === null ? [] : ['acme']);
    await advance(LEASE_MS);
    expect(bench.calls.flatMap(({ give }) => give)).toEqual([]);
  });

  it('has no room for a tenant of which no slot is placed here', async () => {
    expect(bench.slots.has('acme')).toBe(false);
    expect(bench.slots.take('acme')).toBeNull();
    expect(bench.slots.mostJobs('acme')).toBe(0);
    expect(bench.slots.isAlone('acme')).toBe(false);
    await advance(LEASE_MS);
    expect(bench.calls).toEqual([]);
  });

  it('runs as many jobs in a slot as it is told, and asks for the next slot when they are full', async () => {
    const wide = openBench(2);
    wide.place({ acme: [1, 2] });
    expect(wide.slots.mostJobs('acme')).toBe(4);
    await wide.run();
    await wide.run();
    expect(wide.calls).toHaveLength(1);
    const ticket = taken(wide.slots.take('acme'));
    expect(wide.slots.has('acme')).toBe(false);
    await advance(0);
    expect(wide.last().take).toEqual([2]);
    await wide.last().answer({ kind: 'unwanted' });
    expect(await ticket.granted).toBe(false);
    wide.slots.give(ticket);
    await wide.slots.stop();
  });

  it('asks in one call per bucket and turn, whatever the number of tenants and slots', async () => {
    const tenants = Array.from({ length: 500 }, (_, index) => `t${index}`);
    bench.place(Object.fromEntries(tenants.map((tenant) => [tenant, [1]])));
    for (const tenant of tenants) bench.slots.has(tenant);
    await advance(0);
    const buckets = bench.calls.map(({ request }) => request.bucket);
    expect(new Set(buckets).size).toBe(buckets.length);
    expect(bench.calls.flatMap(({ request }) => request.take)).toHaveLength(500);
    for (const call of [...bench.calls]) await call.answer(...call.take.map(() => GRANTED));
    const asked = bench.calls.length;
    bench.slots.leave();
    await advance(0);
    expect(bench.calls.slice(asked).flatMap(({ request }) => request.give)).toHaveLength(500);
    expect(bench.calls).toHaveLength(2 * asked);
  });

  it('asks again when the lease of the other may have ended, and every 500 ms while it goes on', async () => {
    bench.place({ acme: [1] });
    bench.slots.has('acme');
    await advance(0);
    bench.rooms.length = 0;
    await bench.last().answer({ kind: 'held', forMs: 40 });
    bench.slots.has('acme');
    await advance(39);
    bench.slots.has('acme');
    await advance(0);
    expect(bench.calls).toHaveLength(1);
    await advance(3);
    expect(bench.rooms).toEqual(['acme']);
    bench.slots.has('acme');
    await advance(0);
    expect(bench.calls).toHaveLength(2);
    await bench.last().answer({ kind: 'held', forMs: 9_000 });
    await advance(499);
    bench.slots.has('acme');
    await advance(0);
    expect(bench.calls).toHaveLength(2);
    await advance(3);
    expect(bench.rooms).toEqual(['acme', 'acme']);
    bench.slots.has('acme');
    await advance(0);
    expect(bench.calls).toHaveLength(3);
  });

  it('asks again after an answer that never came, and counts on nothing meanwhile', async () => {
    bench.place({ acme: [1] });
    bench.slots.has('acme');
    await advance(0);
    await bench.last().fail();
    expect(bench.slots.take('acme')).toBeNull();
    bench.rooms.length = 0;
    await advance(502);
    expect(bench.rooms).toEqual(['acme']);
    await bench.run();
  });

  it('counts a lease from before it was asked for, and on nothing of its last tenth', async () => {
    bench.place({ acme: [1] });
    bench.slots.has('acme');
    await advance(0);
    const { answer } = bench.last();
    await advance(4_000);
    await answer(GRANTED);
    expect(bench.slots.has('acme')).toBe(true);
    const ticket = taken(bench.slots.take('acme'));
    expect(ticket.granted).toBeNull();
    await advance(4_999);
    expect([ticket.isGood(), ticket.isLost()]).toEqual([true, false]);
    await advance(1);
    expect([ticket.isGood(), ticket.isLost()]).toEqual([false, true]);
  });

  it('starts a job in the last part of a lease only when that is renewed', async () => {
    bench.place({ acme: [1] });
    bench.slots.give(await bench.run());
    await advance(4_000);
    expect(bench.last().take).toEqual([1]);
    bench.slots.give(taken(bench.slots.take('acme')));
    await advance(1_999);
    const last = taken(bench.slots.take('acme'));
    expect(last.granted).toBeNull();
    bench.slots.give(last);
    await advance(1);
    const early = taken(bench.slots.take('acme'));
    expect(early.granted).not.toBeNull();
    await bench.last().fail();
    expect(await early.granted).toBe(false);
    bench.slots.give(early);
  });

  it('counts on nothing of the last 750 ms of a short lease', async () => {
    const short = openBench(1, 2_000);
    short.place({ acme: [1] });
    const ticket = await short.run();
    await advance(1_249);
    expect(ticket.isLost()).toBe(false);
    await advance(1);
    expect(ticket.isLost()).toBe(true);
    short.slots.give(ticket);
    short.auto = () => GRANTED;
    await short.slots.stop();
  });

  it('asks for every lease at once when the machine has slept', async () => {
    bench.place({ acme: [1], bolt: [1] });
    const ticket = await bench.run('acme');
    bench.slots.give(await bench.run('bolt'));
    const before = bench.calls.length;
    bench.sleptMs = 900;
    await advance(200);
    expect(bench.calls).toHaveLength(before);
    bench.sleptMs = 60_000;
    await advance(200);
    const asked = bench.calls.slice(before).flatMap(({ request }) => request.take.map(({ tenantId }) => tenantId));
    expect(asked.sort()).toEqual(['acme', 'bolt']);
    const lost = vi.fn();
    ticket.onLost(lost);
    for (const call of bench.calls.slice(before)) await call.answer({ kind: 'held', forMs: 8_000 });
    expect(lost).toHaveBeenCalledTimes(1);
    expect(bench.slots.size()).toBe(0);
  });

  it('lets unused leases lapse without a word to Redis, however many', async () => {
    bench.auto = () => GRANTED;
    const tenants = Array.from({ length: 600 }, (_, index) => `t${index}`);
    bench.place(Object.fromEntries(tenants.map((tenant) => [tenant, [1]])));
    for (const tenant of tenants) bench.slots.has(tenant);
    await advance(0);
    expect(bench.slots.size()).toBe(600);
    const calls = bench.calls.length;
    await advance(LEASE_MS / 2);
    const renewed = bench.calls.length - calls;
    await advance(LEASE_MS * 2);
    expect(bench.slots.size()).toBe(0);
    expect(bench.calls.length - calls).toBe(renewed);
    expect(bench.calls.flatMap(({ give }) => give)).toEqual([]);
  });

  it('holds nothing by an answer that came when the lease was as good as over', async () => {
    bench.place({ acme: [1] });
    const ticket = taken(bench.slots.take('acme'));
    await advance(0);
    const { answer } = bench.last();
    await advance(9_000);
    await answer(GRANTED);
    expect([ticket.isGood(), ticket.isLost()]).toEqual([false, true]);
    bench.slots.give(ticket);
    expect(bench.slots.take('acme')?.granted).not.toBeNull();
  });

  it('renews a slot for as long as a job runs in it', async () => {
    bench.auto = () => GRANTED;
    bench.place({ acme: [1] });
    const ticket = await bench.run();
    for (let i = 0; i < 20; i++) {
      await advance(LEASE_MS / 4);
      expect(ticket.isGood()).toBe(true);
    }
    expect(bench.calls.every(({ give }) => give.length === 0)).toBe(true);
    expect(bench.calls.length).toBeLessThan(20);
  });

  it('keeps a slot that was used for the next job, and lets it lapse when none comes', async () => {
    bench.auto = () => GRANTED;
    bench.place({ acme: [1] });
    const ticket = await bench.run();
    bench.slots.give(ticket);
    await advance(LEASE_MS / 4);
    expect(bench.slots.has('acme')).toBe(true);
    await advance(LEASE_MS / 2);
    const { length } = bench.calls;
    await advance(10 * LEASE_MS);
    expect(bench.slots.size()).toBe(0);
    expect(bench.calls).toHaveLength(length);
    expect(bench.calls.flatMap(({ give }) => give)).toEqual([]);
  });

  it('tells each job of a lost slot once, runs nothing in it until they ended, and asks again then', async () => {
    bench.place({ acme: [1] });
    const ticket = await bench.run();
    const told: string[] = [];
    ticket.onLost(() => told.push('early'));
    await advance(LEASE_MS * 0.96);
    expect(told).toEqual(['early']);
    ticket.onLost(() => told.push('late'));
    await advance(2 * LEASE_MS);
    expect(told).toEqual(['early', 'late']);
    expect(bench.slots.size()).toBe(0);
    const before = bench.calls.length;
    expect(bench.slots.has('acme')).toBe(false);
    expect(bench.slots.take('acme')).toBeNull();
    await advance(0);
    expect(bench.calls).toHaveLength(before);
    await bench.last().fail();
    bench.slots.give(ticket);
    await advance(502);
    expect((await bench.run()).isGood()).toBe(true);
  });

  it('tells the jobs of a slot that another holds as soon as the answer says so', async () => {
    bench.place({ acme: [1] });
    const ticket = await bench.run();
    const told = vi.fn();
    ticket.onLost(told);
    await advance(LEASE_MS / 2);
    await bench.last().answer({ kind: 'held', forMs: 8_000 });
    expect(told).toHaveBeenCalledTimes(1);
    expect(ticket.isGood()).toBe(false);
  });

  it('ignores an answer that arrives after the slot was given back', async () => {
    bench.place({ acme: [1] });
    const ticket = await bench.run();
    await advance(LEASE_MS / 2);
    const renewal = bench.last();
    expect(renewal.take).toEqual([1]);
    bench.place({});
    bench.slots.give(ticket);
    await renewal.answer(GRANTED);
    await advance(0);
    expect(bench.last().give).toEqual([1]);
    expect(bench.slots.size()).toBe(0);
    expect(bench.slots.take('acme')).toBeNull();
  });

  it('gives back a slot that was granted when it was no longer placed here', async () => {
    bench.place({ acme: [1] });
    bench.slots.has('acme');
    await advance(0);
    bench.place({});
    await bench.last().answer(GRANTED);
    expect(bench.last().give).toEqual([1]);
    expect(bench.slots.size()).toBe(0);
  });

  it('lets the job of a number that is no longer placed end, starts no other, and gives it back then', async () => {
    bench.auto = () => GRANTED;
    bench.place({ acme: [1] });
    const ticket = await bench.run();
    const told = vi.fn();
    ticket.onLost(told);
    bench.place({ acme: [] });
    await advance(3 * LEASE_MS);
    expect(told).not.toHaveBeenCalled();
    expect(ticket.isGood()).toBe(false);
    expect(bench.slots.take('acme')).toBeNull();
    expect(bench.calls.every(({ give }) => give.length === 0)).toBe(true);
    bench.slots.give(ticket);
    await advance(0);
    expect(bench.last().give).toEqual([1]);
    expect(bench.slots.size()).toBe(0);
  });

  it('gives back idle slots at once when it leaves and a busy one with its last job, and takes no more', async () => {
    bench.auto = () => GRANTED;
    bench.place({ acme: [1], bolt: [1] });
    const ticket = await bench.run('acme');
    bench.slots.give(await bench.run('bolt'));
    bench.slots.leave();
    await advance(0);
    expect(bench.last().request.give).toMatchObject([{ tenantId: 'bolt', number: 1 }]);
    expect([bench.slots.has('acme'), bench.slots.take('bolt'), ticket.isGood()]).toEqual([false, null, false]);
    const told = vi.fn();
    ticket.onLost(told);
    await advance(3 * LEASE_MS);
    expect(told).not.toHaveBeenCalled();
    bench.slots.give(ticket);
    await advance(0);
    expect(bench.last().request.give).toMatchObject([{ tenantId: 'acme', number: 1 }]);
    expect(bench.slots.size()).toBe(0);
  });

  it('asks for another slot of the tenant at once where the first is held elsewhere', async () => {
    bench.auto = (number) => (number === 1 ? { kind: 'held', forMs: 9_000 } : GRANTED);
    bench.place({ acme: [1, 2] });
    bench.slots.has('acme');
    await advance(0);
    bench.slots.has('acme');
    await advance(0);
    expect(bench.slots.take('acme')?.isGood()).toBe(true);
  });

  it('tells a job that comes after the lease ended at once, before any timer has run', async () => {
    bench.place({ acme: [1] });
    const ticket = await bench.run();
    // The process was stopped: its clock advanced, its timers did not.
    vi.setSystemTime(Date.now() + 2 * LEASE_MS);
    const told = vi.fn();
    ticket.onLost(told);
    expect(told).toHaveBeenCalledTimes(1);
    await advance(LEASE_MS);
    expect(told).toHaveBeenCalledTimes(1);
  });

  it('keeps a slot that was placed elsewhere and here again while it was asked for', async () => {
    bench.place({ acme: [1] });
    bench.slots.has('acme');
    await advance(0);
    const [first] = bench.calls;
    bench.place({});
    bench.place({ acme: [1] });
    bench.slots.has('acme');
    await advance(0);
    const second = bench.last();
    await first?.answer(GRANTED);
    if (second !== first) await second.answer(GRANTED);
    expect(bench.slots.take('acme')?.isGood()).toBe(true);
    // Later calls to Redis must not give back the slot in which a job runs.
    expect(bench.calls.flatMap(({ give }) => give)).toEqual([]);
  });

  it('has one call at a time under way for a bucket: what comes later cannot overtake', async () => {
    bench.place({ acme: [1, 2] });
    bench.slots.take('acme');
    await advance(0);
    bench.slots.take('acme');
    await advance(0);
    expect(bench.calls.map(({ take }) => take)).toEqual([[1]]);
    await bench.last().answer(GRANTED);
    expect(bench.calls.map(({ take }) => take)).toEqual([[1], [2]]);
  });

  it('gives back at once what is granted while it leaves', async () => {
    bench.place({ acme: [1] });
    bench.slots.has('acme');
    await advance(0);
    bench.slots.leave();
    await bench.last().answer(GRANTED);
    expect(bench.last().give).toEqual([1]);
    expect(bench.slots.size()).toBe(0);
  });
});
