import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LaneBoard } from './laneBoard.js';
import type { Claim, OpenLane } from './laneState.js';
import type { SlotCapacity } from './slotCapacity.js';

const TENANTS = ['a', 'b', 'c'];
const LANES = TENANTS.flatMap((tenant) => [`${tenant}.default`, `${tenant}.bulk`]);
const LIMIT_MS = 50;
const KEYS = { marker: '', wait: '', prioritized: '', delayed: '', active: '' };

/** A capacity with a fixed number of places per tenant that detects overdraft. */
function createRoom(alone: boolean) {
  const places = new Map(TENANTS.map((tenant) => [tenant, 1]));
  const taken = new Map<string, number>();
  const left = (tenant: string): number => (places.get(tenant) ?? 0) - (taken.get(tenant) ?? 0);
  const room: SlotCapacity = {
    has: (tenant) => left(tenant) > 0,
    mayHave: (tenant) => left(tenant) > 0,
    take(tenant) {
      if (left(tenant) <= 0) return null;
      taken.set(tenant, (taken.get(tenant) ?? 0) + 1);
      return {
        tenantId: tenant,
        granted: null,
        isGood: () => left(tenant) >= 0,
        isLost: () => false,
        onLost: () => undefined,
      };
    },
    give({ tenantId }) {
      taken.set(tenantId, (taken.get(tenantId) ?? 0) - 1);
    },
    mostJobs: (tenant) => places.get(tenant) ?? 0,
    isAlone: () => alone,
  };
  return { room, places, taken, left };
}

type Step =
  | { readonly kind: 'open' | 'close' | 'mark' | 'wake' | 'due' | 'look'; readonly lane: string; readonly jobs: number }
  | { readonly kind: 'room'; readonly tenant: string; readonly places: number }
  | { readonly kind: 'next' }
  | { readonly kind: 'go-on' | 'empty' | 'unknown' | 'limited' | 'later'; readonly claim: number };

const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constantFrom('open', 'open', 'close', 'mark', 'mark', 'wake', 'due', 'look'),
      lane: fc.constantFrom(...LANES),
      jobs: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({
      kind: fc.constant('room'),
      tenant: fc.constantFrom(...TENANTS),
      places: fc.integer({ min: 0, max: 3 }),
    }),
    fc.record({ kind: fc.constant('next') }),
    fc.record({ kind: fc.constantFrom('go-on', 'empty', 'unknown', 'limited', 'later'), claim: fc.nat({ max: 5 }) }),
  ) as fc.Arbitrary<Step>,
  { minLength: 1, maxLength: 120 },
);

/** The board with its recorded notifications and the claims held. */
function createModel(alone: boolean, mostClaims = 100) {
  const space = createRoom(alone);
  const listened = new Set<string>();
  const doubted = new Set<string>();
  const passedOn: string[] = [];
  const held: Claim[] = [];
  const opened = new Map<string, OpenLane>();
  const board = new LaneBoard(space.room, mostClaims, Date.now, {
    work: () => undefined,
    doubt: ({ name }) => doubted.add(name),
    listen: ({ name }, on) => {
      expect(listened.has(name), `${name} is told twice`).not.toBe(on);
      if (on) listened.add(name);
      else listened.delete(name);
    },
    passOn: ({ name }) => passedOn.push(name),
  });
  return { ...space, board, mostClaims, listened, doubted, passedOn, held, opened };
}

type Model = ReturnType<typeof createModel>;

/** What a runner does; there are no more runners than claims. */
function take(model: Model): boolean {
  if (model.held.length >= model.mostClaims) return false;
  const claim = model.board.next();
  if (claim === null) return false;
  expect(model.taken.get(claim.lane.tenantId)).toBeLessThanOrEqual(model.places.get(claim.lane.tenantId) ?? 0);
  model.held.push(claim);
  return true;
}

function apply(model: Model, step: Step): void {
  const { board, opened } = model;
  switch (step.kind) {
    case 'open':
      opened.set(step.lane, board.open(step.lane, KEYS));
      return;
    case 'close':
      opened.delete(step.lane);
      board.close(step.lane);
      return;
    case 'mark': {
      const lane = opened.get(step.lane);
      // Only a lane whose marker is awaited can yield one.
      if (lane !== undefined && model.listened.has(step.lane)) board.marked(lane);
      return;
    }
    case 'wake':
      board.wake(step.lane, step.jobs);
      return;
    case 'due':
      board.wakeAt(step.lane, Date.now() - 1);
      return;
    case 'look':
      if (model.doubted.delete(step.lane)) board.wake(step.lane, step.jobs);
      return;
    case 'room':
      model.places.set(step.tenant, step.places);
      board.capacityFreed(step.tenant);
      return;
    case 'next':
      take(model);
      return;
    default:
      endOne(model, step.kind, step.claim);
  }
}

function endOne(
  { board, held }: Model,
  kind: 'go-on' | 'empty' | 'unknown' | 'limited' | 'later',
  index: number,
): void {
  const claim = held[index % held.length];
  if (claim === undefined) return;
  if (kind === 'go-on') {
    board.began(claim);
    if (board.mayGoOn(claim)) return;
  }
  held.splice(held.indexOf(claim), 1);
  const limitMs = kind === 'limited' ? LIMIT_MS : 0;
  const dueMs = kind === 'later' ? Date.now() + 50 : 0;
  const isUnknown = kind === 'go-on' || kind === 'unknown';
  board.end(claim, isUnknown ? { kind: 'unknown' } : { kind: 'empty', limitMs, dueMs });
}

/** Whatever an open lane does, something triggers its next job: its marker, its turn, or its current claim. */
function noneIsDeaf(model: Model): void {
  for (const [name, { tenantId }] of model.opened) {
    if (model.listened.has(name)) continue;
    const claimed = model.held.some(({ lane }) => lane.name === name);
    const waits = model.board.hasWork() || model.left(tenantId) <= 0;
    expect(claimed || waits, `${name} is deaf`).toBe(true);
  }
  for (const name of model.listened) expect(model.opened.has(name), `${name} is closed`).toBe(true);
}

/**
 * Frees capacity where there is none, then claims and ends everything until nothing is left. Tenants with capacity are
 * not notified, as that would wake a lane that the board forgot.
 */
function runDry(model: Model, ran: Set<string>): void {
  const { board, held, places, opened } = model;
  for (const tenant of TENANTS) {
    if (model.left(tenant) > 0) continue;
    places.set(tenant, 100);
    board.capacityFreed(tenant);
  }
  for (let turn = 0; turn < 10_000; turn++) {
    while (take(model)) ran.add(held.at(-1)?.lane.name ?? '');
    const claim = held.pop();
    if (claim === undefined) break;
    board.end(claim, { kind: 'empty', limitMs: 0, dueMs: 0 });
  }
  expect(board.hasWork()).toBe(false);
  for (const name of opened.keys())
    expect(model.listened.has(name), `${name} is not awaited when all is done`).toBe(true);
}

function everyoneHasATurn(model: Model, woken: readonly string[]): void {
  const { board, held, opened } = model;
  for (const name of woken) opened.set(name, board.open(name, KEYS));
  for (const claim of held.splice(0)) board.end(claim, { kind: 'empty', limitMs: 0, dueMs: 0 });
  // A rate-limited lane has its turn when the limit ends.
  vi.advanceTimersByTime(LIMIT_MS);
  for (const name of woken) board.wake(name, 1);
  const ran = new Set<string>();
  runDry(model, ran);
  for (const name of woken) expect(ran.has(name), `${name} had no turn`).toBe(true);
}

describe('LaneBoard', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('keeps no lane deaf and gives no claim without room, whatever happens in whatever order (seeded)', () => {
    fc.assert(
      fc.property(steps, fc.boolean(), fc.integer({ min: 1, max: 8 }), (all, alone, mostClaims) => {
        const model = createModel(alone, mostClaims);
        for (const step of all) {
          apply(model, step);
          noneIsDeaf(model);
        }
        runDry(model, new Set());
        for (const name of LANES) model.board.close(name);
        expect(model.listened.size).toBe(0);
        expect(vi.getTimerCount()).toBe(0);
        expect(model.board.hasWork()).toBe(false);
        for (const taken of model.taken.values()) expect(taken).toBe(0);
      }),
      { seed: 23, numRuns: 500 },
    );
  });

  it('gives every lane with believed work its turn once there is room (seeded)', () => {
    fc.assert(
      fc.property(
        steps,
        fc.subarray(LANES),
        fc.boolean(),
        fc.integer({ min: 1, max: 8 }),
        (all, woken, alone, most) => {
          const model = createModel(alone, most);
          for (const step of all) apply(model, step);
          everyoneHasATurn(model, woken);
          for (const name of LANES) model.board.close(name);
        },
      ),
      { seed: 29, numRuns: 300 },
    );
  });

  it('wakes a lane at the earlier of two moments, and never before it', () => {
    const model = createModel(true);
    model.board.open('a.default', KEYS);
    model.board.wakeAt('a.default', Date.now() + 500);
    model.board.wakeAt('a.default', Date.now() + 200);
    model.board.wakeAt('a.default', Date.now() + 900);
    vi.advanceTimersByTime(199);
    expect(model.board.hasWork()).toBe(false);
    vi.advanceTimersByTime(1);
    expect(take(model)).toBe(true);
    model.board.close('a.default');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits for a moment that is further away than a timer reaches', () => {
    const model = createModel(true);
    const days = 24 * 3_600_000;
    model.board.open('a.default', KEYS);
    model.board.wakeAt('a.default', Date.now() + 60 * days);
    vi.advanceTimersByTime(59 * days);
    expect(model.board.hasWork()).toBe(false);
    vi.advanceTimersByTime(2 * days);
    expect(model.board.hasWork()).toBe(true);
  });

  it('looks at a lane again when a marker was taken while Redis was asked', () => {
    const model = createModel(true);
    const lane = model.board.open('a.default', KEYS);
    model.board.wake('a.default', 1);
    take(model);
    model.board.marked(lane);
    const [claim] = model.held;
    if (claim !== undefined) model.board.end(claim, { kind: 'empty', limitMs: 0, dueMs: 0 });
    expect(model.doubted.has('a.default')).toBe(true);
  });

  it('claims a lane again whose claim ended without a word from Redis', () => {
    const model = createModel(true);
    model.board.open('a.default', KEYS);
    model.board.wake('a.default', 1);
    take(model);
    endOne(model, 'unknown', 0);
    expect(take(model)).toBe(true);
  });

  it('claims as often at a time as jobs are believed to wait and room is there', () => {
    const model = createModel(true);
    model.places.set('a', 3);
    model.board.open('a.default', KEYS);
    model.board.wake('a.default', 2);
    expect([take(model), take(model), take(model)]).toEqual([true, true, false]);
  });

  it("looks before it claims on a marker that may be an activation's own", () => {
    const model = createModel(true);
    model.places.set('a', 2);
    const lane = model.board.open('a.default', KEYS);
    model.board.wake('a.default', 1);
    take(model);
    for (const claim of model.held) model.board.began(claim);
    model.board.marked(lane);
    expect(model.doubted.has('a.default')).toBe(true);
    expect(take(model)).toBe(false);
    model.board.marked(lane);
    expect(take(model)).toBe(true);
  });

  it("leaves a marker that may be an activation's own to the lane's claim, where no other could run", () => {
    const model = createModel(true);
    const lane = model.board.open('a.default', KEYS);
    model.board.wake('a.default', 1);
    take(model);
    for (const claim of model.held) model.board.began(claim);
    model.board.marked(lane);
    expect(model.doubted.has('a.default')).toBe(false);
    endOne(model, 'empty', 0);
    expect(model.doubted.has('a.default')).toBe(true);
  });

  it('passes on what a marker told of a lane that is closed, and of a lane that it cannot run now', () => {
    const model = createModel(false);
    const closed = model.board.open('a.default', KEYS);
    model.board.close('a.default');
    model.board.marked(closed);
    model.board.markedFor(closed, Date.now() + 500);
    expect(model.passedOn).toEqual(['a.default', 'a.default']);
    expect(vi.getTimerCount()).toBe(0);
    const full = model.board.open('b.default', KEYS);
    model.places.set('b', 0);
    model.board.capacityFreed('b');
    model.board.marked(full);
    expect(model.passedOn).toEqual(['a.default', 'a.default', 'b.default']);
  });

  it('passes a lane on that is closed before its next job is due', () => {
    const model = createModel(true);
    const lane = model.board.open('a.default', KEYS);
    model.board.markedFor(lane, Date.now() + 500);
    model.board.close('a.default');
    expect(model.passedOn).toEqual(['a.default']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('claims nothing in a lane that is rate limited until the limit ends, whatever wakes it', () => {
    const model = createModel(true);
    const lane = model.board.open('a.default', KEYS);
    model.board.wake('a.default', 1);
    take(model);
    endOne(model, 'limited', 0);
    model.board.marked(lane);
    model.board.wake('a.default', 3);
    vi.advanceTimersByTime(LIMIT_MS - 1);
    expect(take(model)).toBe(false);
    vi.advanceTimersByTime(1);
    expect(take(model)).toBe(true);
    model.board.close('a.default');
  });

  it('claims in a lane when its limit ends, also when a job of it was due before that', () => {
    const model = createModel(true);
    model.board.open('a.default', KEYS);
    model.board.wake('a.default', 1);
    take(model);
    endOne(model, 'limited', 0);
    model.board.wakeAt('a.default', Date.now() + LIMIT_MS - 10);
    vi.advanceTimersByTime(LIMIT_MS);
    expect(take(model)).toBe(true);
    model.board.close('a.default');
  });

  it('awaits the marker of a lane at its bound as soon as the bound is raised', () => {
    const model = createModel(false);
    model.board.open('a.default', KEYS);
    model.board.wake('a.default', 1);
    take(model);
    expect(model.listened.has('a.default')).toBe(false);
    model.places.set('a', 2);
    model.board.capacityFreed('a');
    expect(model.listened.has('a.default')).toBe(true);
  });

  it('awaits the marker of a lane that has a claim again when another claim of its tenant has ended', () => {
    const model = createModel(false);
    model.places.set('a', 2);
    for (const name of ['a.default', 'a.bulk']) {
      model.board.open(name, KEYS);
      model.board.wake(name, 1);
    }
    while (take(model));
    expect(model.held.map(({ lane }) => lane.name)).toEqual(['a.default', 'a.bulk']);
    expect(model.listened.has('a.bulk')).toBe(false);
    endOne(model, 'empty', 0);
    expect([...model.listened].sort()).toEqual(['a.bulk', 'a.default']);
  });

  it('asks for room once in a turn of the ring while a tenant has none, and not again until it is told', () => {
    const has = vi.fn(() => false);
    const take = vi.fn(() => null);
    const room = { ...createRoom(false).room, has, take };
    const board = new LaneBoard(room, 100, Date.now, {
      work: () => undefined,
      doubt: () => undefined,
      listen: () => undefined,
      passOn: () => undefined,
    });
    board.open('a.default', KEYS);
    board.wake('a.default', 1_000);
    const asked = has.mock.calls.length;
    for (let turn = 0; turn < 1_000; turn++) expect(board.next()).toBeNull();
    expect(has).toHaveBeenCalledTimes(asked);
    expect(take).not.toHaveBeenCalled();
    expect(board.hasWork()).toBe(false);
    board.capacityFreed('a');
    expect(has).toHaveBeenCalledTimes(asked + 1);
  });
});
