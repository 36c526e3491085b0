import type { SlotAnswer, SlotRequest } from '@sluice/fleet/redis/commands/holdSlots';
import { createLogger } from '@sluice/shared/telemetry/logger';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunningTicket } from './heldSlot.js';
import { SlotHolder } from './slotHolder.js';

/** Long enough for the margin to be a tenth: with a shorter lease the margin is a larger share. */
const LEASE_MS = 10_000;
const STEP_MS = 100;
const STEPS = 600;
const TENANT = 'acme';

/** A model of `holdSlots.lua` for one tenant: its leases by number, on its own clock. */
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

/** Seeded random numbers, so that a failing case can shrink and be replayed. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A claimed job; it starts once it has arrived and its slot is known to be held. */
interface ClaimedJob {
  readonly comesMs: number;
  readonly runsMs: number;
  granted: boolean;
  /** When it ends; null before it has started. */
  endsMs: number | null;
}

type Jobs = Map<RunningTicket, ClaimedJob>;

interface World {
  readonly server: ModelServer;
  readonly holders: readonly SlotHolder[];
  /** Claimed and running jobs, by holder. */
  readonly jobs: readonly Jobs[];
}

/** @param calm the higher, the more replies are immediate: only then is another's lease observed to expire on time */
function openWorld(rates: readonly number[], lossPercent: number, calm: number, random: () => number): World {
  const server = createModelServer(Date.now);
  const jobs = rates.map((): Jobs => new Map());
  const pause = () => new Promise<void>((resolve) => setTimeout(resolve, random() ** calm * 2 * LEASE_MS));
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
  return { server, holders, jobs };
}

/** Claims jobs, starts the ready ones, ends the finished ones; a job whose slot is lost ends at once. */
function runJobs({ holders, jobs }: World, random: () => number): void {
  for (const [index, holder] of holders.entries()) {
    const own: Jobs = jobs[index] ?? new Map();
    for (const [ticket, job] of own) {
      if (job.endsMs === null) start(holder, own, ticket, job);
      else if (Date.now() >= job.endsMs) end(holder, own, ticket);
    }
    if (random() < 0.5 || !holder.has(TENANT)) continue;
    const ticket = holder.take(TENANT) as RunningTicket | null;
    if (ticket === null) continue;
    const comesMs = Date.now() + random() ** 4 * LEASE_MS;
    const job: ClaimedJob = {
      comesMs,
      runsMs: random() * 3 * LEASE_MS,
      granted: ticket.granted === null,
      endsMs: null,
    };
    own.set(ticket, job);
    start(holder, own, ticket, job);
    void ticket.granted?.then((granted) => {
      job.granted = granted;
      if (granted) start(holder, own, ticket, job);
      else end(holder, own, ticket);
    });
  }
}

/** As in `runAttempt`: a job that arrives after its slot was lost goes back. */
function start(holder: SlotHolder, own: Jobs, ticket: RunningTicket, job: ClaimedJob): void {
  if (!job.granted || Date.now() < job.comesMs) return;
  if (ticket.isLost()) {
    end(holder, own, ticket);
    return;
  }
  job.endsMs = Date.now() + job.runsMs;
  ticket.onLost(() => end(holder, own, ticket));
}

function end(holder: SlotHolder, own: Jobs, ticket: RunningTicket): void {
  if (own.delete(ticket)) holder.give(ticket);
}

/** The slot numbers in which a job runs or may start now, one per job. */
function usedSlots({ jobs }: World): number[] {
  const all = jobs.flatMap((own) => [...own]);
  return all
    .filter(([ticket, { granted, endsMs }]) => endsMs !== null || (granted && !ticket.isLost()))
    .map(([{ slot }]) => slot.number);
}

/** Changes the placement so that processes disagree on it. */
function replace({ server, holders }: World, random: () => number): void {
  if (random() < 0.3) server.desired = 1 + Math.floor(random() * 3);
  for (const holder of holders) {
    if (random() < 0.5) continue;
    const numbers = [1, 2, 3].filter(() => random() < 0.7);
    holder.follow(new Map(numbers.length > 0 ? [[TENANT, numbers]] : []), () => false);
  }
}

/**
 * Advances time; throws when more jobs run than allowed.
 * @returns job steps, to verify that something ran
 */
async function live(world: World, random: () => number): Promise<number> {
  let steps = 0;
  let most = 1;
  for (let step = 0; step < STEPS; step++) {
    if (step % 40 === 0) replace(world, random);
    most = Math.max(most, world.server.desired);
    runJobs(world, random);
    const used = usedSlots(world);
    if (used.length > most) throw new Error(`${used.length} jobs run in ${most} slots at step ${step}`);
    if (new Set(used).size < used.length) throw new Error(`one slot is used twice at step ${step}: ${used.join(', ')}`);
    steps += used.length;
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
        fc.constantFrom(4, 30),
        fc.integer(),
        async (rates, lossPercent, calm, seed) => {
          const random = createRandom(seed);
          const world = openWorld(rates, lossPercent, calm, random);
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
