import type { PreparedJob } from '@sluice/fleet/submit/prepareJob';
import { waitInLane } from '@sluice/fleet/wait/waitEstimates';
import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { Lane } from '@sluice/shared/domain/lane';
import { waitText } from '@sluice/shared/domain/waitText';
import type { FleetConnection } from './fleetConnection.js';
import type { QueuedNotice } from './queuedNotice.js';

type Wait = Pick<QueuedNotice, 'position' | 'estimatedWaitMs' | 'estimatedWaitP90Ms'>;

const UNKNOWN: Wait = { position: null, estimatedWaitMs: null, estimatedWaitP90Ms: null };

/** Notifies a request's caller of its position. */
export interface PositionNotices {
  /** Sends at least one notice, for a request that is over before its position was known. */
  atLeastOnce(): void;
  /** No further notices. */
  stop(): void;
}

/** What notices depend on. */
export type PositionNoticesDeps = Pick<FleetConnection, 'places' | 'lanes' | 'estimates' | 'log'>;

/** Notifies of the position of a job that was just added: the first one at once, then whenever it changes. */
export function startPositionNotices(
  fleet: PositionNoticesDeps,
  { row: { id }, lane }: PreparedJob,
  onQueued: (notice: QueuedNotice) => void,
): PositionNotices {
  let last: Wait | null = null;
  let isOver = false;
  let unwatch: (() => void) | null = null;

  /** What the callback throws, at once or later, does not affect the request. */
  function notify(wait: Wait): void {
    if (isOver) return;
    last = wait;
    const notice = { id, ...wait, message: messageOf(wait) };
    new Promise((resolve) => resolve(onQueued(notice))).catch((err: unknown) => {
      fleet.log.error(
        { component: 'queued_client', event: 'on_queued_threw', err },
        'onQueued threw: the request goes on',
      );
    });
  }

  async function begin(): Promise<void> {
    const first = await placeOf(fleet, lane, id, 'queued').catch(() => UNKNOWN);
    if (last === null) notify(first);
    if (isOver) return;
    let isFirst = true;
    unwatch = fleet.places.watch(lane, id, ({ position, estimatedWaitMs, estimatedWaitP90Ms }) => {
      const isKnown = isFirst && position === first.position;
      isFirst = false;
      // A job that no longer waits runs, or is over: the caller gets the result.
      if (position !== null && !isKnown) notify({ position, estimatedWaitMs, estimatedWaitP90Ms });
    });
  }

  void begin();
  return {
    atLeastOnce() {
      if (last === null) notify(UNKNOWN);
    },
    stop() {
      isOver = true;
      unwatch?.();
    },
  };
}

function messageOf(wait: Wait): string {
  return wait.position === null ? 'Queued, position unknown' : waitText({ state: 'queued', ...wait });
}

/** Position and wait of a job; of a new one when there is no id. All null while Redis is unavailable. */
export async function placeOf(
  { lanes, estimates }: Pick<FleetConnection, 'lanes' | 'estimates'>,
  lane: Lane,
  id: string | null,
  state: JobState,
): Promise<Wait> {
  if (state === 'active') return UNKNOWN;
  const [facts, position] = await Promise.all([
    estimates.facts(lane),
    id === null ? null : lanes.position(lane, id).catch(() => null),
  ]);
  const place = id === null && facts !== null ? facts.waiting + 1 : position;
  if (facts === null || place === null) return UNKNOWN;
  return { position: place, ...waitInLane(place, facts) };
}
