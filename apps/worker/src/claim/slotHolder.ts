import { bucketOf } from '@sluice/shared/domain/lane';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { SlotRoom, SlotTicket } from '@sluice/shared/queue/slotRoom';
import type { SlotAnswer, SlotRequest } from '@sluice/shared/redis/commands/holdSlots';

/** The slots that this process holds, as leases that it keeps for as long as there is work. */
export interface SlotHolder extends SlotRoom, Service {
  /** Which numbered slots of which tenants are placed here. Slots that no longer are go back as soon as no job runs in them. */
  follow(placed: ReadonlyMap<string, readonly number[]>, alone: (tenantId: string) => boolean): void;
  /** Takes no more slots, and gives back each one that no job runs in: at once, or when its last job ends. */
  leave(): void;
  /** Leases held. */
  size(): number;
}

/** What the holder needs. */
export interface SlotHolderOptions {
  readonly workerId: string;
  /** How long a lease lasts unless it is renewed, in ms. */
  readonly leaseMs: number;
  /** Jobs that one slot runs at a time. */
  readonly slotConcurrency: number;
  /** Takes, renews and gives back in Redis; one answer for each slot that is taken. */
  readonly hold: (request: SlotRequest) => Promise<readonly SlotAnswer[]>;
  /** A tenant may have room again. */
  readonly room: (tenantId: string) => void;
  /** A clock that never jumps, in ms. */
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/** A lease is counted on until this share of it is left: nobody else can have it by then, whatever the clocks' rates. */
const MARGIN = 0.1;

/** A lease is renewed when less than this share of it is left. */
const RENEW_BELOW = 0.6;

/** A lease that no job has used for this share of its time is given back; one that was used is kept for the next job. */
const KEEP_UNUSED = 0.5;

/** How often leases are looked through, as a share of a lease. */
const TICK = 0.05;

/** A slot that another holds is asked for again after so long at most, in ms. */
const ASK_AGAIN_MS = 250;

interface HeldSlot {
  readonly tenantId: string;
  readonly number: number;
  readonly bucket: number;
  /** Monotonic, ms; 0 while it is not held. */
  untilMs: number;
  /** Not asked for before, monotonic, ms. */
  askAtMs: number;
  asking: boolean;
  /** Grows when the lease ends here: an answer to an older question says nothing any more. */
  epoch: number;
  usedMs: number;
  /** Still placed here. */
  placed: boolean;
  readonly jobs: Set<RunningTicket>;
}

interface RunningTicket extends SlotTicket {
  readonly slot: HeldSlot;
  lose(): void;
}

interface TenantSlots {
  readonly slots: HeldSlot[];
  alone: boolean;
  timer: NodeJS.Timeout | null;
}

/**
 * Holds leases when they are needed. A lease counts from before it was asked for, and until 10 % before it can end, by this
 * process's own clock that never jumps: the holder gives it up before it can end under it.
 */
export function createSlotHolder(options: SlotHolderOptions): SlotHolder {
  const { workerId, leaseMs, slotConcurrency, monotonicMs, log } = options;
  const tenants = new Map<string, TenantSlots>();
  const requests = new Map<number, { take: Set<HeldSlot>; give: HeldSlot[] }>();
  let held = 0;
  let leaving = false;
  let ticker: NodeJS.Timeout | null = null;
  const sending = new Map<number, Promise<void>>();
  let isDue = false;

  function isHeld(slot: HeldSlot): boolean {
    return slot.untilMs > monotonicMs();
  }

  function canStart(slot: HeldSlot): boolean {
    return slot.placed && slot.jobs.size < slotConcurrency && isHeld(slot);
  }

  function ask(slot: HeldSlot): void {
    if (slot.asking) return;
    slot.asking = true;
    requestFor(slot.bucket).take.add(slot);
  }

  function giveBack(slot: HeldSlot): void {
    if (slot.untilMs === 0) return;
    endLease(slot);
    requestFor(slot.bucket).give.push(slot);
  }

  /**
   * What is asked for in one turn of the event loop goes in one call per bucket, and not before the call before was answered:
   * a give that overtakes a later take, as when a script is sent again, would end a lease that is counted on.
   */
  function requestFor(bucket: number): { take: Set<HeldSlot>; give: HeldSlot[] } {
    let request = requests.get(bucket);
    if (request === undefined) {
      request = { take: new Set(), give: [] };
      requests.set(bucket, request);
      sendSoon();
    }
    return request;
  }

  function sendSoon(): void {
    if (!isDue) queueMicrotask(sendAll);
    isDue = true;
  }

  function sendAll(): void {
    isDue = false;
    for (const [bucket, { take, give }] of requests) {
      if (sending.has(bucket)) continue;
      requests.delete(bucket);
      sending.set(bucket, send(bucket, [...take], give));
    }
  }

  async function send(bucket: number, take: readonly HeldSlot[], give: readonly HeldSlot[]): Promise<void> {
    const askedMs = monotonicMs();
    const epochs = take.map(({ epoch }) => epoch);
    let answers: readonly SlotAnswer[] = [];
    try {
      answers = await options.hold({ bucket, holder: workerId, leaseMs, take, give });
    } catch (err) {
      log.debug({ err, bucket }, 'slots could not be leased');
    }
    sending.delete(bucket);
    if (requests.has(bucket)) sendSoon();
    for (const [index, slot] of take.entries()) {
      slot.asking = false;
      settle(slot, slot.epoch === epochs[index] ? answers[index] : undefined, askedMs);
    }
  }

  function settle(slot: HeldSlot, answer: SlotAnswer | undefined, askedMs: number): void {
    if (answer?.kind === 'granted') {
      if (slot.untilMs === 0) held++;
      slot.untilMs = askedMs + leaseMs * (1 - MARGIN);
      // A slot that was taken away while it was asked for goes back, and so does one that came too late to a process that leaves.
      if ((leaving || !slot.placed) && slot.jobs.size === 0) giveBack(slot);
      else options.room(slot.tenantId);
      return;
    }
    const waitMs = answer?.kind === 'held' ? Math.min(answer.forMs, ASK_AGAIN_MS) : ASK_AGAIN_MS;
    slot.askAtMs = monotonicMs() + waitMs;
    if (slot.untilMs !== 0 && answer !== undefined) lose(slot);
    retryLater(slot.tenantId, waitMs);
  }

  function retryLater(tenantId: string, waitMs: number): void {
    const tenant = tenants.get(tenantId);
    if (tenant === undefined || tenant.timer !== null) return;
    tenant.timer = setTimeout(() => {
      tenant.timer = null;
      options.room(tenantId);
    }, waitMs + 1);
  }

  function endLease(slot: HeldSlot): void {
    slot.untilMs = 0;
    slot.epoch++;
    held--;
  }

  /** Another may hold the slot, or soon will: what runs in it must end. */
  function lose(slot: HeldSlot): void {
    endLease(slot);
    for (const job of [...slot.jobs]) job.lose();
  }

  function tick(): void {
    const nowMs = monotonicMs();
    for (const { slots } of tenants.values()) for (const slot of slots) keep(slot, nowMs);
  }

  function keep(slot: HeldSlot, nowMs: number): void {
    if (slot.untilMs === 0) return;
    if (slot.untilMs <= nowMs && slot.jobs.size > 0) {
      log.warn({ tenantId: slot.tenantId, slot: slot.number, jobs: slot.jobs.size }, 'a slot could not be kept');
      lose(slot);
    } else if (slot.jobs.size === 0 && (leaving || !slot.placed || nowMs - slot.usedMs > leaseMs * KEEP_UNUSED)) {
      giveBack(slot);
    } else if (slot.untilMs - nowMs < leaseMs * RENEW_BELOW) ask(slot);
  }

  function forget(tenantId: string, tenant: TenantSlots): void {
    for (const slot of tenant.slots) {
      slot.placed = false;
      if (slot.jobs.size === 0) giveBack(slot);
    }
    tenant.slots.splice(0, tenant.slots.length, ...tenant.slots.filter(isInUse));
    if (tenant.slots.length > 0) return;
    if (tenant.timer !== null) clearTimeout(tenant.timer);
    tenants.delete(tenantId);
  }

  function place(tenantId: string, numbers: readonly number[], alone: boolean): void {
    const tenant = tenants.get(tenantId) ?? { slots: [], alone, timer: null };
    tenants.set(tenantId, tenant);
    tenant.alone = alone;
    const known = new Map(tenant.slots.map((slot) => [slot.number, slot]));
    for (const slot of tenant.slots) {
      slot.placed = numbers.includes(slot.number);
      if (!slot.placed && slot.jobs.size === 0) giveBack(slot);
    }
    for (const number of numbers) if (!known.has(number)) tenant.slots.push(newSlot(tenantId, number));
    tenant.slots.splice(0, tenant.slots.length, ...tenant.slots.filter((slot) => slot.placed || isInUse(slot)));
  }

  return {
    name: 'slots',
    async start() {
      ticker = setInterval(tick, leaseMs * TICK);
    },
    async stop() {
      this.leave();
      if (ticker !== null) clearInterval(ticker);
      ticker = null;
      for (const { timer } of tenants.values()) if (timer !== null) clearTimeout(timer);
      await new Promise(setImmediate);
      while (sending.size > 0) {
        await Promise.all(sending.values());
        await new Promise(setImmediate);
      }
    },
    has(tenantId) {
      const tenant = tenants.get(tenantId);
      if (tenant === undefined || leaving) return false;
      if (tenant.slots.some(canStart)) return true;
      const nowMs = monotonicMs();
      const idle = tenant.slots.filter((slot) => slot.placed && slot.jobs.size === 0 && !slot.asking);
      // One that another holds must not keep us from asking for the next.
      const free = idle.find(({ askAtMs }) => askAtMs <= nowMs) ?? idle[0];
      if (free !== undefined && free.askAtMs <= nowMs) ask(free);
      else if (free !== undefined) retryLater(tenantId, free.askAtMs - nowMs);
      return false;
    },
    take(tenantId) {
      const slot = leaving ? undefined : tenants.get(tenantId)?.slots.find(canStart);
      if (slot === undefined) return null;
      const ticket = newTicket(
        slot,
        () => isHeld(slot),
        () => !leaving && slot.placed && isHeld(slot),
      );
      slot.jobs.add(ticket);
      slot.usedMs = monotonicMs();
      return ticket;
    },
    give(ticket) {
      const { slot } = ticket as RunningTicket;
      slot.jobs.delete(ticket as RunningTicket);
      slot.usedMs = monotonicMs();
      if (slot.jobs.size > 0 || (slot.placed && !leaving)) return;
      giveBack(slot);
      const tenant = tenants.get(slot.tenantId);
      if (tenant?.slots.every(({ placed, jobs }) => !placed && jobs.size === 0)) forget(slot.tenantId, tenant);
    },
    mostJobs: (tenantId) => slotConcurrency * (tenants.get(tenantId)?.slots.filter(({ placed }) => placed).length ?? 0),
    isAlone: (tenantId) => tenants.get(tenantId)?.alone ?? false,
    follow(placed, alone) {
      for (const [tenantId, tenant] of [...tenants]) if (!placed.has(tenantId)) forget(tenantId, tenant);
      for (const [tenantId, numbers] of placed) {
        place(tenantId, numbers, alone(tenantId));
        options.room(tenantId);
      }
    },
    leave() {
      leaving = true;
      for (const { slots } of tenants.values()) for (const slot of slots) if (slot.jobs.size === 0) giveBack(slot);
    },
    size: () => held,
  };
}

/** One that is asked for is kept: two of the same number would give back each other's lease. */
function isInUse({ jobs, asking }: HeldSlot): boolean {
  return jobs.size > 0 || asking;
}

function newSlot(tenantId: string, number: number): HeldSlot {
  const bucket = bucketOf(tenantId);
  return {
    tenantId,
    number,
    bucket,
    untilMs: 0,
    askAtMs: 0,
    asking: false,
    epoch: 0,
    usedMs: 0,
    placed: true,
    jobs: new Set(),
  };
}

function newTicket(slot: HeldSlot, isHeld: () => boolean, isGood: () => boolean): RunningTicket {
  const listeners: (() => void)[] = [];
  let lost = false;
  return {
    slot,
    tenantId: slot.tenantId,
    isGood,
    onLost(listener) {
      // A process that was stopped gets its next job before its timers have seen that the lease is over.
      if (lost || !isHeld()) listener();
      else listeners.push(listener);
    },
    lose() {
      lost = true;
      for (const listener of listeners.splice(0)) listener();
    },
  };
}
