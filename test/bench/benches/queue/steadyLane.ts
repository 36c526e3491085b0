import { setTimeout as pause } from 'node:timers/promises';
import { prepareJob } from '@sluice/fleet/submit/prepareJob';
import type { FleetConnection } from '@sluice/queued-client/internal';
import type { JobBody } from '@sluice/shared/contracts/jobs';
import { mix32 } from '@sluice/shared/domain/hash';
import type { Lane } from '@sluice/shared/domain/lane';
import { newId } from '@sluice/shared/ids/ids';
import { FLEET_TASKS } from '../../../support/fleetTasks.js';
import { until } from '../../../support/until.js';

/** A lane that always holds about as many jobs. */
export interface SteadyLane {
  readonly lane: Lane;
  /** Jobs that wait in it. */
  readonly waiting: number;
  /** How long jobs are asked for, in ms; what comes before is not counted. */
  readonly windowMs: number;
  /** The job with this number. */
  readonly bodyOf: (index: number) => JobBody;
}

/** What a job that waits was told. */
export interface EstimatedWait {
  readonly id: string;
  readonly position: number;
  /** When, unix ms. */
  readonly atMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
}

/** Longest that a lane's jobs take to be steady, or to be over, in ms. */
const PATIENCE_MS = 120_000;

/** The lane is looked at and topped up so often, in ms. */
const LOOK_EVERY_MS = 50;

/** Jobs that are asked for in each look, wherever they stand. */
const ASKED_PER_LOOK = 4;

const WHO = { role: 'member', submitter: 'ann', traceparent: null, priorityRules: null, recentJobs: 0 } as const;

/**
 * Keeps a lane at its length, and asks now and then how long some of its jobs will wait, as a client of the fleet does.
 * Resolves when the window is over; jobs still wait then.
 */
export async function askInSteadyLane(
  fleet: FleetConnection,
  { lane, waiting, windowMs, bodyOf }: SteadyLane,
): Promise<EstimatedWait[]> {
  const tasks = FLEET_TASKS;
  const ids: string[] = [];
  const told: EstimatedWait[] = [];

  async function topUp(): Promise<void> {
    const missing = waiting - (await fleet.lanes.counts(lane)).waiting;
    const jobs = Array.from({ length: Math.max(0, missing) }, (_, index) => {
      const who = { id: newId(), tenantId: lane.tenantId, ...WHO };
      return prepareJob(who, bodyOf(ids.length + index), tasks);
    });
    ids.push(...jobs.map(({ row }) => row.id));
    await Promise.all(jobs.map((job) => fleet.acceptor.accept(job)));
  }

  async function ask(id: string): Promise<void> {
    const estimate = await fleet.estimates.read(lane, { id, state: 'queued', priority: 50, dueInMs: 0 });
    const { position, estimatedWaitMs: p50Ms, estimatedWaitP90Ms: p90Ms } = estimate;
    // It may have started meanwhile.
    if (position === null || p50Ms === null || p90Ms === null) return;
    told.push({ id, position, atMs: fleet.now(), p50Ms, p90Ms });
  }

  /** Steady: what was there at first has run, and the lane knows how long its jobs take. */
  async function isSteady(): Promise<boolean> {
    await topUp();
    return ids.length > 2 * waiting && (await fleet.estimates.facts(lane))?.serviceMs !== null;
  }

  await until('the lane is steady', isSteady, PATIENCE_MS);
  const endsMs = performance.now() + windowMs;
  for (let look = 0; performance.now() < endsMs; look++) {
    await topUp();
    const asked = Array.from({ length: ASKED_PER_LOOK }, (_, index) => {
      const back = 1 + (mix32(look * ASKED_PER_LOOK + index) % waiting);
      return ids.at(-back) ?? '';
    });
    await Promise.all(asked.map(ask));
    await pause(LOOK_EVERY_MS);
  }
  return told;
}
