import { createDecider } from '../decide/decider.js';
import type { Occasion } from '../domain/scaling/decideSlots.js';
import type { HeldBack } from '../domain/scaling/observation.js';
import { createCourse } from './course.js';
import type { SimulationPlan } from './plan.js';
import type { TenantResult, TimelineEntry } from './result.js';
import type { SimulatedJob } from './tenantQueue.js';
import { createTenantQueue } from './tenantQueue.js';

/** A simulated tenant. */
export interface SimulatedTenant {
  /** Advances to a time; returns when jobs arrived until then, in ms. */
  advance(atMs: number): readonly number[];
  /** Decides on the tenant; returns null when it has had no job yet, or when a touched pass changed nothing. */
  decide(atMs: number, occasion: Occasion): TimelineEntry | null;
  /** Samples the state for the span that begins. */
  tick(atMs: number, spanMs: number): void;
  result(untilMs: number): TenantResult;
}

/** Creates a tenant without a decision. */
export function createSimulatedTenant(
  name: string,
  jobs: Iterable<SimulatedJob>,
  plan: SimulationPlan,
): SimulatedTenant {
  const queue = createTenantQueue(plan.slotConcurrency);
  const arrivals = jobs[Symbol.iterator]();
  const decider = createDecider(plan.settings);
  const course = createCourse(plan.untilMs);
  let next = arrivals.next();
  let slots: number | null = null;
  let arrivedBefore = 0;
  let slotMs = 0;

  function heldBackAt(atMs: number): HeldBack {
    const holds = plan.holds.filter(({ tenant }) => tenant === null || tenant === name);
    return holds.find(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)?.because ?? 'none';
  }

  return {
    advance(atMs) {
      const arrivedAtMs: number[] = [];
      for (; next.done !== true && next.value.arrivedAtMs <= atMs; next = arrivals.next()) {
        queue.runUntil(next.value.arrivedAtMs);
        queue.arrive(next.value);
        arrivedAtMs.push(next.value.arrivedAtMs);
      }
      queue.runUntil(atMs);
      return arrivedAtMs;
    },
    decide(atMs, occasion) {
      if (queue.arrived() === 0) return null;
      const before = slots;
      const oldestMs = queue.oldestArrivedAtMs();
      const oldestWaitMs = oldestMs === null ? null : atMs - oldestMs;
      const seen = { waiting: queue.waiting(), active: queue.active(), oldestWaitMs };
      const rates = { arrivals: queue.arrived(), serviceMs: queue.serviceMs(), heldBack: heldBackAt(atMs) };
      const tenant = { id: name, lanes: [name], current: before };
      const count = { ...seen, waitingInAll: seen.waiting, ...rates };
      const [decided] = decider.decide([{ kind: 'counted', tenant, count }], { occasion, atMs, fence: 1 });
      if (decided === undefined) return null;
      const { decision } = decided;
      if (decision.kind === 'hold' && occasion === 'touched') return null;
      slots = decision.desired ?? slots;
      queue.setSlots(slots ?? 0);
      const arrived = queue.arrived() - arrivedBefore;
      arrivedBefore = queue.arrived();
      const figures = {
        ...seen,
        oldestWaitMs: seen.oldestWaitMs ?? 0,
        arrived,
        before: before ?? 0,
        slots: slots ?? 0,
      };
      return { atMs, tenant: name, occasion, ...figures, decision };
    },
    tick(atMs, spanMs) {
      // Sampled before jobs start in new slots, so that it includes the jobs that waited.
      course.note(atMs, { arrived: queue.arrived(), waiting: queue.waiting(), slots: slots ?? 0 });
      queue.pauseLane(heldBackAt(atMs) !== 'none');
      queue.runUntil(atMs);
      slotMs += (slots ?? 0) * Math.min(spanMs, plan.untilMs - atMs);
    },
    result: (untilMs) => ({
      tenant: name,
      arrived: queue.arrived(),
      waitsMs: queue.waitsMs(),
      stillWaitingMs: queue.arrivedAtMs().map((arrivedAtMs) => untilMs - arrivedAtMs),
      slotMs,
      busyMs: queue.busyMs(untilMs),
      course: course.read(),
    }),
  };
}
