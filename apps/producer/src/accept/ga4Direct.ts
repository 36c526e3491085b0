import type { JobEnds } from '@sluice/fleet/feed/jobEnds';
import type { PresentJob } from '@sluice/fleet/postgres/queries/findPresent';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { Acceptance } from '@sluice/fleet/submit/acceptancePaths';
import type { PreparedJob } from '@sluice/fleet/submit/prepareJob';
import type { PlaceWatch } from '@sluice/fleet/wait/placeWatch';
import type { EstimateReader, LaneFacts } from '@sluice/fleet/wait/waitEstimates';
import type { Quotas } from '@sluice/limits';
import { callsLeft } from '@sluice/limits';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import { partOf } from '@sluice/tasks/internal';
import type { RedisCall } from '../stores/redisCall.js';

/** Waits briefly for jobs that can run immediately. */
export interface DirectAnswers {
  /** The finished job, or null when the request should be answered with the job's position instead. */
  awaitEnd(job: PreparedJob, acceptance: Acceptance, gone: AbortSignal): Promise<PresentJob | null>;
  /** How long calls to the report's property stay paused, in ms; 0 when not paused or unknown. */
  pausedMs(job: PreparedJob): Promise<number>;
}

/** Dependencies of the direct answers. */
export interface DirectAnswersDeps {
  readonly tasks: Pick<TaskCatalogue, 'find'>;
  readonly lanes: Pick<LaneQueues, 'position'>;
  readonly estimates: Pick<EstimateReader, 'facts'>;
  readonly quotas: Pick<Quotas, 'blockedForMs'>;
  readonly places: Pick<PlaceWatch, 'watch'>;
  readonly ends: JobEnds;
  readonly call: RedisCall;
  /** Maximum time that a request waits, in ms; 0 disables waiting. */
  readonly waitMs: number;
}

/** How long a repeated request waits for a result that is already known, in ms. */
const KNOWN_WAIT_MS = 250;

/** Uses the feed and the ledger; stops waiting for a job whose lane is paused. */
export function createDirectAnswers(deps: DirectAnswersDeps): DirectAnswers {
  const { tasks, lanes, estimates, quotas, places, ends, call, waitMs } = deps;

  async function pausedMs({ row }: PreparedJob): Promise<number> {
    const upstream = tasks.find(row.task)?.upstream;
    const part = upstream === undefined ? null : partOf(upstream, row.data);
    if (part === null) return 0;
    return call(() => quotas.blockedForMs(row.tenantId, part)).catch(() => 0);
  }

  async function runsAtOnce(job: PreparedJob): Promise<boolean> {
    const { lane, row } = job;
    const [propertyPausedMs, facts, position] = await Promise.all([
      pausedMs(job),
      estimates.facts(lane),
      call(() => lanes.position(lane, row.id)),
    ]);
    return propertyPausedMs === 0 && facts?.isServed === true && mayRun(position, facts);
  }

  return {
    pausedMs,
    async awaitEnd(job, acceptance, gone) {
      const { lane, row } = job;
      const atOnce = waitMs > 0 && (await runsAtOnce(job).catch(() => false));
      if (!atOnce && acceptance.kind === 'new') return null;
      const giveUp = new AbortController();
      const unwatch = places.watch(lane, row.id, ({ position, pausedMs }) => {
        if (position !== null && pausedMs > 0) giveUp.abort();
      });
      try {
        const timeout = AbortSignal.timeout(atOnce ? waitMs : KNOWN_WAIT_MS);
        return await ends.wait(row.tenantId, row.id, AbortSignal.any([gone, giveUp.signal, timeout]));
      } catch {
        return null;
      } finally {
        unwatch();
      }
    },
  };
}

/**
 * Whether a job at this position of its lane can run immediately: the quota covers it, the jobs ahead of it, and the
 * jobs that have started but not made their call yet. Pure.
 */
function mayRun(position: number | null, { active, pausedMs, quota, atATime }: LaneFacts): boolean {
  // An unknown quota guarantees nothing.
  if (quota === null || pausedMs > 0) return false;
  const starting = Math.max(0, active - quota.used.underWay);
  const left = callsLeft(quota) ?? atATime;
  return (position ?? 0) + starting <= left && quota.used.blockedMs === 0;
}
