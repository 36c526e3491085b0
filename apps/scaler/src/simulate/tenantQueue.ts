import { blendServiceMs } from '@sluice/fleet/domain/waitEstimate';
import { createEndTimes } from './endTimes.js';

/** A simulated job. */
export interface SimulatedJob {
  readonly arrivedAtMs: number;
  readonly serviceMs: number;
}

/** A tenant's queue and slots in a simulation: first in, first out. Jobs run in slots; a shrink interrupts none. */
export interface TenantQueue {
  arrive(job: SimulatedJob): void;
  /** Ends the jobs due to end by a time, and starts others in their places as they end. */
  runUntil(atMs: number): void;
  /** No job starts while the lane is paused. */
  pauseLane(held: boolean): void;
  setSlots(slots: number): void;
  /** Total number of arrived jobs. */
  arrived(): number;
  waiting(): number;
  active(): number;
  oldestArrivedAtMs(): number | null;
  /** Service time as Sluice estimates it from finished jobs; null before the first. */
  serviceMs(): number | null;
  /** Wait of each started job, in ms, in start order. */
  waitsMs(): readonly number[];
  /** Arrival times of the waiting jobs, in ms. */
  arrivedAtMs(): readonly number[];
  /** Total time that jobs have run up to a time, in ms. */
  busyMs(untilMs: number): number;
}

/**
 * Creates a tenant's queue without slots.
 * @param slotConcurrency jobs that one slot runs at a time
 */
export function createTenantQueue(slotConcurrency: number): TenantQueue {
  const jobs: SimulatedJob[] = [];
  const ends = createEndTimes();
  const waitsMs: number[] = [];
  let started = 0;
  let slots = 0;
  let held = false;
  let busyMs = 0;
  let blendedMs: number | null = null;

  function startWhatMay(nowMs: number): void {
    while (!held && ends.size() < slots * slotConcurrency) {
      const job = jobs[started];
      if (job === undefined) return;
      started++;
      waitsMs.push(nowMs - job.arrivedAtMs);
      busyMs += job.serviceMs;
      ends.add({ endsAtMs: nowMs + job.serviceMs, serviceMs: job.serviceMs });
    }
  }

  return {
    arrive(job) {
      jobs.push(job);
    },
    runUntil(atMs) {
      for (let ended = ends.takeUntil(atMs); ended !== null; ended = ends.takeUntil(atMs)) {
        blendedMs = blendServiceMs(blendedMs, ended.serviceMs);
        startWhatMay(ended.endsAtMs);
      }
      startWhatMay(atMs);
    },
    pauseLane(next) {
      held = next;
    },
    setSlots(next) {
      slots = next;
    },
    arrived: () => jobs.length,
    waiting: () => jobs.length - started,
    active: () => ends.size(),
    oldestArrivedAtMs: () => jobs[started]?.arrivedAtMs ?? null,
    serviceMs: () => blendedMs,
    waitsMs: () => waitsMs,
    arrivedAtMs: () => jobs.slice(started).map(({ arrivedAtMs }) => arrivedAtMs),
    busyMs: (untilMs) => busyMs - ends.beyondMs(untilMs),
  };
}
