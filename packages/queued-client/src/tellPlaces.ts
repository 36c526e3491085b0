import { waitInLane } from '@sluice/fleet/outlook/outlook';
import type { PreparedJob } from '@sluice/fleet/submit/prepareJob';
import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { Lane } from '@sluice/shared/domain/lane';
import { waitText } from '@sluice/shared/domain/waitText';
import type { FleetClient } from './openFleetClient.js';

/** Where a request waits. */
export interface QueuedNotice {
  readonly id: string;
  /** 1 for the next; null while that cannot be seen. */
  readonly position: number | null;
  /** In ms; half of all wait shorter. */
  readonly estimatedWaitMs: number | null;
  /** In ms; nine of ten wait shorter. */
  readonly estimatedWaitP90Ms: number | null;
  /** For people, such as "Position 3 in queue, ~90s wait", or "Queued, its place cannot be seen". */
  readonly message: string;
}

type Wait = Pick<QueuedNotice, 'position' | 'estimatedWaitMs' | 'estimatedWaitP90Ms'>;

const NOWHERE: Wait = { position: null, estimatedWaitMs: null, estimatedWaitP90Ms: null };

/** Tells a request's caller where it waits. */
export interface Telling {
  /** Tells at least that it was queued, of a request that is over before anyone could see its place. */
  atLeastOnce(): void;
  /** Nothing is told any more. */
  stop(): void;
}

/** What telling rests on. */
export type TellingParts = Pick<FleetClient, 'places' | 'lanes' | 'outlooks' | 'log'>;

/** Tells where a job waits that was added just now: first as it is seen at once, and then whenever that changes. */
export function tellPlaces(
  fleet: TellingParts,
  { row: { id }, lane }: PreparedJob,
  onQueued: (notice: QueuedNotice) => void,
): Telling {
  let last: Wait | null = null;
  let isOver = false;
  let unwatch: (() => void) | null = null;

  /** What a caller's own code throws, at once or later, is not the request's affair. */
  function tell(wait: Wait): void {
    if (isOver) return;
    last = wait;
    const notice = { id, ...wait, message: messageOf(wait) };
    new Promise((resolve) => resolve(onQueued(notice))).catch((err: unknown) => {
      fleet.log.error({ err }, 'onQueued threw');
    });
  }

  async function begin(): Promise<void> {
    const first = await placeOf(fleet, lane, id, 'queued').catch(() => NOWHERE);
    if (last === null) tell(first);
    if (isOver) return;
    let isFirst = true;
    unwatch = fleet.places.watch(lane, id, ({ position, estimatedWaitMs, estimatedWaitP90Ms }) => {
      const isKnown = isFirst && position === first.position;
      isFirst = false;
      // A job that no longer waits runs, or is over: whoever asked is told of the end.
      if (position !== null && !isKnown) tell({ position, estimatedWaitMs, estimatedWaitP90Ms });
    });
  }

  void begin();
  return {
    atLeastOnce() {
      if (last === null) tell(NOWHERE);
    },
    stop() {
      isOver = true;
      unwatch?.();
    },
  };
}

function messageOf(wait: Wait): string {
  return wait.position === null ? 'Queued, its place cannot be seen' : waitText({ state: 'queued', ...wait });
}

/** Place and wait of a job; of a new one when there is no id. All null while Redis cannot say. */
export async function placeOf(
  { lanes, outlooks }: Pick<FleetClient, 'lanes' | 'outlooks'>,
  lane: Lane,
  id: string | null,
  state: JobState,
): Promise<Wait> {
  if (state === 'active') return NOWHERE;
  const [facts, position] = await Promise.all([
    outlooks.facts(lane),
    id === null ? null : lanes.position(lane, id).catch(() => null),
  ]);
  const place = id === null && facts !== null ? facts.waiting + 1 : position;
  if (facts === null || place === null) return NOWHERE;
  return { position: place, ...waitInLane(place, facts) };
}
