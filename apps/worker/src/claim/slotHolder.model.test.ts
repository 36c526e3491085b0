import type { SlotTicket } from '@sluice/shared/queue/slotRoom';
import type { SlotAnswer, SlotRequest } from '@sluice/shared/redis/commands/holdSlots';
import { createLogger } from '@sluice/shared/telemetry/logger';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SlotHolder } from './slotHolder.js';

const LEASE_MS = 1_000;
const STEP_MS = 10;
const STEPS = 600;
const TENANT = 'acme';

/** What `holdSlots.lua` does, for one tenant: its leases by number, on a clock of its own. */
interface ModelServer {
  desired: number;
  hold(request: SlotRequest): SlotAnswer[];
}

function createModelServer(nowMs: () => number): ModelServer {
  const leases = new Map<number, { readonly holder: string; readonly untilMs: number }>();
  return {
    desired: 1,
    hold({ holder, leaseMs, take, give }) {
      for (const { number } of give) if (leases.get(number)?.holder === holder) leases.delete(number);
      return take.map(({ number }) => {
        const lease = leases.get(number);
        if (lease !== undefined && lease.holder !== holder && lease.untilMs > nowMs())
          return { kind: 'held', forMs: lease.untilMs - nowMs() };
        if (lease?.holder !== holder && number > this.desired) return { kind: 'unwanted' };
        leases.set(number, { holder, untilMs: nowMs() + leaseMs });
        return { kind: 'granted' };
      });
    },
  };
}

/** Numbers of a case, so that a failure shrinks and can be run again. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface World {
  readonly server: ModelServer;
  readonly holders: readonly SlotHolder[];
  /** Jobs that run, with the moment at which each ends, by holder. */
  readonly running: readonly Map<SlotTicket, number>[];
}

function openWorld(rates: readonly number[], lossPercent: number, random: () => number): World {
  const server = createModelServer(Date.now);
  const running = rates.map(() => new Map<SlotTicket, number>());
  const pause = () => new Promise<void>((resolve) => setTimeout(resolve, random() ** 4 * 2 * LEASE_MS));
  const lose = (): void => {
    if (random() * 100 < lossPercent) throw new Error('lost');
  };
  const holders = rates.map(
    (rate, index) =>
      new SlotHolder({
        workerId: `w${index}`,
        leaseMs: LEASE_MS,
        slotConcurrency: 1,
        async hold(request) {
          await pause();
          lose();
          const answers = server.hold(request);
          await pause();
          lose();
          return answers;
        },
        room: () => undefined,
        refused: () => undefined,
        now: () => Date.now(),
        monotonicMs: () => Date.now() * rate,
        log: createLogger('test', { level: 'silent' }),
      }),
  );
  return { server, holders, running };
}

/** Starts what may start, ends what is over; a job that is told that its slot is lost ends at once. */
function runJobs({ holders, running }: World, random: () => number): void {
  for (const [index, holder] of holders.entries()) {
    const jobs = running[index] ?? new Map<SlotTicket, number>();
    for (const [ticket, endMs] of jobs) if (Date.now() >= endMs) end(holder, jobs, ticket);
    if (random() < 0.5 || !holder.has(TENANT)) continue;
    const ticket = holder.take(TENANT);
    if (ticket === null) continue;
    jobs.set(ticket, Date.now() + random() * 3 * LEASE_MS);
    ticket.onLost(() => end(holder, jobs, ticket));
  }
}

function end(holder: SlotHolder, jobs: Map<SlotTicket, number>, ticket: SlotTicket): void {
  if (jobs.delete(ticket)) holder.give(ticket);
}

/** Placement changes, and processes do not agree on it. */
function replace({ server, holders }: World, random: () => number): void {
  if (random() < 0.3) server.desired = 1 + Math.floor(random() * 3);
  for (const holder of holders) {
    if (random() < 0.5) continue;
    const numbers = [1, 2, 3].filter(() => random() < 0.7);
    holder.follow(new Map(numbers.length > 0 ? [[TENANT, numbers]] : []), () => false);
  }
}

/** Lets time go by; throws when more run than may. @returns job steps, to see that something ran */
async function live(world: World, random: () => number): Promise<number> {
  let steps = 0;
  let most = 1;
  for (let step = 0; step < STEPS; step++) {
    if (step % 40 === 0) replace(world, random);
    most = Math.max(most, world.server.desired);
    runJobs(world, random);
    const jobs = world.running.reduce((sum, { size }) => sum + size, 0);
    if (jobs > most) throw new Error(`${jobs} jobs run in ${most} slots at step ${step}`);
    steps += jobs;
    await vi.advanceTimersByTimeAsync(STEP_MS);
  }
  return steps;
}

describe('slot holders that share a server', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'], now: 1_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('never run more jobs than there are slots, whatever is late or lost, with clocks that differ by 5 %', async () => {
    let started = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0.95, max: 1.05, noNaN: true }), { minLength: 2, maxLength: 5 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer(),
        async (rates, lossPercent, seed) => {
          const random = createRandom(seed);
          const world = openWorld(rates, lossPercent, random);
          for (const holder of world.holders) await holder.start();
          started += await live(world, random);
          for (const holder of world.holders) holder.leave();
          await vi.advanceTimersByTimeAsync(10 * LEASE_MS);
          vi.clearAllTimers();
        },
      ),
      { numRuns: 60, seed: 20_260 },
    );
    expect(started).toBeGreaterThan(0);
  });
});
