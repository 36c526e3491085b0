import type { PreparedJob } from '../accept/prepareJob.js';
import type { JobState } from '../contracts/jobStates.js';
import type { Lane } from '../domain/lane.js';
import { waitText } from '../domain/waitText.js';
import { waitInLane } from '../outlook/outlook.js';
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
  /** For people, such as "Position 3 in queue, ~90s wait". */
  readonly message: string;
}

type Wait = Pick<QueuedNotice, 'position' | 'estimatedWaitMs' | 'estimatedWaitP90Ms'>;

/** Tells where a job waits: soon, and whenever that changes. Returns how to stop. */
export function tellPlaces(
  { places, log }: Pick<FleetClient, 'places' | 'log'>,
  { row, lane }: PreparedJob,
  onQueued: (notice: QueuedNotice) => void,
): () => void {
  return places.watch(lane, row.id, ({ position, estimatedWaitMs, estimatedWaitP90Ms }) => {
    if (position === null) return;
    const wait = { position, estimatedWaitMs, estimatedWaitP90Ms };
    try {
      onQueued({ id: row.id, ...wait, message: waitText({ state: 'queued', ...wait }) });
    } catch (err) {
      log.error({ err }, 'onQueued threw');
    }
  });
}

/** Place and wait of a job; of a new one when there is no id. All null while Redis cannot say. */
export async function placeOf(
  { lanes, outlooks }: Pick<FleetClient, 'lanes' | 'outlooks'>,
  lane: Lane,
  id: string | null,
  state: JobState,
): Promise<Wait> {
  const nowhere = { position: null, estimatedWaitMs: null, estimatedWaitP90Ms: null };
  if (state === 'active') return nowhere;
  const [facts, position] = await Promise.all([
    outlooks.facts(lane),
    id === null ? null : lanes.position(lane, id).catch(() => null),
  ]);
  const place = id === null && facts !== null ? facts.waiting + 1 : position;
  if (facts === null || place === null) return nowhere;
  return { position: place, ...waitInLane(place, facts) };
}
