import type { Lane } from '../domain/lane.js';
import { laneName } from '../domain/lane.js';
import type { Ask } from '../lifecycle/ask.js';
import { runEvery } from '../lifecycle/runEvery.js';
import type { Log, Service } from '../lifecycle/service.js';
import type { LaneQueues } from '../queue/laneQueues.js';
import type { LaneFacts } from './outlook.js';
import { estimateInLane } from './outlook.js';

/** A place is told at most so often, in ms: twice a second. */
const TELL_EVERY_MS = 500;

/** Lanes where nothing was heard of are looked at in every so many rounds: others' processes may have said nothing. */
const LOOK_ANYWAY_ROUNDS = 10;

/** A job's place in its lane. */
export interface Place {
  readonly position: number | null;
  readonly estimatedWaitMs: number | null;
  readonly estimatedWaitP90Ms: number | null;
  /** How long the lane is paused, in ms. */
  readonly pausedMs: number;
}

/** Follows the places of jobs that somebody listens to. */
export interface PlaceWatch extends Service {
  /** Calls back when the place of a job is another than before, or its lane is paused or no longer; the first time soon. Returns how to end it. */
  watch(lane: Lane, queueJobId: string, told: (place: Place) => void): () => void;
  /** Something happened in a lane, so that places may have moved. @param name of the lane */
  stirByName(name: string): void;
}

/** What following places rests on. */
export interface PlaceWatchParts {
  readonly lanes: Pick<LaneQueues, 'position'>;
  readonly facts: (lane: Lane) => Promise<LaneFacts | null>;
  readonly call: Ask;
  readonly log: Log;
}

interface WatchedLane {
  readonly lane: Lane;
  readonly watchers: Set<Watcher>;
  stirred: boolean;
}

interface Watcher {
  readonly queueJobId: string;
  readonly told: (place: Place) => void;
  last: number | null | undefined;
  /** Whether the lane was paused when it was last told: a pause changes the wait, too. */
  paused: boolean;
}

/** Asks for all places of a lane together, and only of lanes where something happened. */
export function createPlaceWatch({ lanes, facts, call, log }: PlaceWatchParts): PlaceWatch {
  const watched = new Map<string, WatchedLane>();
  let round = 0;

  async function tellLane({ lane, watchers }: WatchedLane): Promise<void> {
    const asked = [...watchers];
    const [laneFacts, positions] = await Promise.all([
      facts(lane),
      call(() => Promise.all(asked.map(({ queueJobId }) => lanes.position(lane, queueJobId)))),
    ]);
    for (const [index, watcher] of asked.entries()) {
      const position = positions[index] ?? null;
      const paused = (laneFacts?.pausedMs ?? 0) > 0;
      const same = watcher.last === position && watcher.paused === paused;
      if (same || !watchers.has(watcher)) continue;
      Object.assign(watcher, { last: position, paused });
      watcher.told(placeOf(position, laneFacts));
    }
  }

  const loop = runEvery(
    'places',
    TELL_EVERY_MS,
    async () => {
      const everywhere = ++round % LOOK_ANYWAY_ROUNDS === 0;
      const stirred = [...watched.values()].filter((lane) => lane.stirred || everywhere);
      await Promise.all(
        stirred.map(async (lane) => {
          lane.stirred = false;
          try {
            await tellLane(lane);
          } catch (err) {
            lane.stirred = true;
            log.debug({ err, lane: laneName(lane.lane) }, 'places of jobs could not be read');
          }
        }),
      );
    },
    log,
  );

  return {
    ...loop,
    watch(lane, queueJobId, told) {
      const name = laneName(lane);
      const own = watched.get(name) ?? { lane, watchers: new Set<Watcher>(), stirred: true };
      watched.set(name, own);
      own.stirred = true;
      const watcher: Watcher = { queueJobId, told, last: undefined, paused: false };
      own.watchers.add(watcher);
      return () => {
        own.watchers.delete(watcher);
        if (own.watchers.size === 0 && watched.get(name) === own) watched.delete(name);
      };
    },
    stirByName(name) {
      const own = watched.get(name);
      if (own !== undefined) own.stirred = true;
    },
  };
}

function placeOf(position: number | null, facts: LaneFacts | null): Place {
  const estimate = position === null || facts === null ? null : estimateInLane(position, facts);
  return {
    position,
    estimatedWaitMs: estimate?.p50Ms ?? null,
    estimatedWaitP90Ms: estimate?.p90Ms ?? null,
    pausedMs: facts?.pausedMs ?? 0,
  };
}
