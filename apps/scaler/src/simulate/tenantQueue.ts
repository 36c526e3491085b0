import { blendServiceMs } from '@sluice/fleet/domain/waitEstimate';
import { createEndTimes } from './endTimes.js';

/** One job of a simulation. */
export interface SimulatedJob {
  readonly arrivedAtMs: number;
  readonly serviceMs: number;
}

/** One tenant's queue and slots in a simulation: first come, first served. Jobs run in slots; a shrink interrupts none. */
export interface TenantQueue {
  arrive(job: SimulatedJob): void;
  /** Ends the jobs that end up to a moment, and starts others in their places as they end. */
  runUntil(atMs: number): void;
  /** While held back no job starts. */
  pauseLane(held: boolean): void;
  setSlots(slots: number): void;
  /** Jobs that arrived, ever. */
  arrived(): number;
  waiting(): number;
  active(): number;
  oldestArrivedAtMs(): number | null;
  /** As the fleet estimates it from the jobs that ended; null before the first. */
  serviceMs(): number | null;
  /** How long each job that started had waited, in ms, in the order of their starts. */
  waitsMs(): readonly number[];
  /** When the jobs that wait arrived, in ms. */
  arrivedAtMs(): readonly number[];
  /** Time that jobs have run up to a moment, in ms. */
  busyMs(untilMs: number): number;
}

/**
 * Makes a tenant without slots.
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
