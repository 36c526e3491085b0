import type { JobEvent } from '@sluice/shared/contracts/jobEvents';
import type { Lane } from '@sluice/shared/domain/lane';
import { laneName } from '@sluice/shared/domain/lane';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import type { LaneQueues } from '../queue/add/laneQueues.js';
import type { Ask } from '../redis/ask.js';
import type { EstimatedWait, LaneFacts } from './waitEstimates.js';
import { UNKNOWN_WAIT, waitInLane } from './waitEstimates.js';

/** Minimum interval between two notices of a place, in ms: twice a second. */
const TELL_EVERY_MS = 500;

/** Maximum number of lanes read per round; the others follow in the next. */
const LANES_PER_ROUND = 200;

/** A lane without events is still read once in this many rounds (30 s): plain BullMQ clients publish no events. */
const LOOK_ANYWAY_ROUNDS = 60;

/** A job's place in its lane. */
export interface Place extends EstimatedWait {
  readonly position: number | null;
  /** Remaining time of the lane's pause, in ms. */
  readonly pausedMs: number;
}

/** Follows the places of jobs that have watchers. */
export interface PlaceWatch extends Service {
  /**
   * Calls back when a job's place changes, or its lane is paused or resumed; the first time soon. Returns a function
   * that stops watching.
   */
  watch(lane: Lane, queueJobId: string, told: (place: Place) => void): () => void;
  /** Receives a job event: when the job's state changed, the places of its lane may have moved. */
  overhear(event: JobEvent): void;
}

/** Dependencies of the place watch. */
export interface PlaceWatchDeps {
  readonly lanes: Pick<LaneQueues, 'positions'>;
  readonly facts: (lane: Lane) => Promise<LaneFacts | null>;
  readonly call: Ask;
  readonly tasks: Pick<TaskCatalogue, 'upstreamOfClass'>;
  readonly log: Log;
}

interface WatchedLane {
  readonly lane: Lane;
  readonly watchers: Set<Watcher>;
  stirred: boolean;
  /** The latest round in which it is read. */
  dueRound: number;
}

interface Watcher {
  readonly queueJobId: string;
  readonly told: (place: Place) => void;
  last: number | null | undefined;
  /** Whether the lane was paused at the last notice: a pause changes the wait, too. */
  paused: boolean;
}

/** Reads all places of a lane together, and only of lanes with events. */
export function createPlaceWatch({ lanes, facts, call, tasks, log }: PlaceWatchDeps): PlaceWatch {
  const watched = new Map<string, WatchedLane>();
  let round = 0;

  async function tellLane({ lane, watchers }: WatchedLane): Promise<void> {
    const asked = [...watchers];
    const positions = await call(() => lanes.positions(lane, idsOf(asked)));
    const isNews = (watcher: Watcher, index: number): boolean => watcher.last !== (positions[index] ?? null);
    // Lanes whose jobs call an upstream are paused when its quota is used up. The inputs of the estimate are read once,
    // and not at all when no job has moved in a lane that never pauses.
    const mayPause = tasks.upstreamOfClass(lane.queueClass) !== null;
    const known = mayPause || asked.some(isNews) ? await facts(lane) : null;
    const paused = (known?.pausedMs ?? 0) > 0;
    for (const [index, watcher] of asked.entries()) {
      const position = positions[index] ?? null;
      const same = watcher.last === position && watcher.paused === paused;
      if (same || !watchers.has(watcher)) continue;
      Object.assign(watcher, { last: position, paused });
      watcher.told(placeOf(position, known));
    }
  }

  function stirAll(tenantId: string): void {
    for (const own of watched.values()) if (own.lane.tenantId === tenantId) own.stirred = true;
  }

  async function look(name: string, lane: WatchedLane): Promise<void> {
    lane.stirred = false;
    lane.dueRound = round + LOOK_ANYWAY_ROUNDS;
    try {
      await tellLane(lane);
    } catch (err) {
      lane.stirred = true;
      log.debug(
        { component: 'wait_estimates', event: 'positions_unreadable', err, lane: name },
        'failed to read the positions of jobs: retrying',
      );
    }
    // To the end of the queue, so that every lane gets its turn.
    if (watched.get(name) !== lane) return;
    watched.delete(name);
    if (lane.watchers.size > 0) watched.set(name, lane);
  }

  async function tellRound(): Promise<void> {
    round++;
    const due: [string, WatchedLane][] = [];
    for (const entry of watched) {
      if (entry[1].stirred || entry[1].dueRound <= round) due.push(entry);
      if (due.length === LANES_PER_ROUND) break;
    }
    await Promise.all(due.map(([name, lane]) => look(name, lane)));
  }

  return {
    ...runEvery('places', TELL_EVERY_MS, tellRound, log),
    watch(lane, queueJobId, told) {
      const name = laneName(lane);
      const own = watched.get(name) ?? { lane, watchers: new Set<Watcher>(), stirred: true, dueRound: 0 };
      watched.set(name, own);
      own.stirred = true;
      const watcher: Watcher = { queueJobId, told, last: undefined, paused: false };
      own.watchers.add(watcher);
      return () => {
        own.watchers.delete(watcher);
        if (own.watchers.size === 0 && watched.get(name) === own) watched.delete(name);
      };
    },
    overhear(event) {
      if (event.kind === 'missed') stirAll(event.tenantId);
      if (event.kind !== 'state') return;
      const own = watched.get(laneName({ tenantId: event.tenantId, queueClass: event.queueClass }));
      if (own !== undefined) own.stirred = true;
    },
  };
}

/** A job that several clients follow is requested once per watcher: the results are in the order of the watchers. */
function idsOf(watchers: readonly Watcher[]): string[] {
  return watchers.map(({ queueJobId }) => queueJobId);
}

function placeOf(position: number | null, facts: LaneFacts | null): Place {
  const wait = position === null || facts === null ? UNKNOWN_WAIT : waitInLane(position, facts);
  return { position, ...wait, pausedMs: facts?.pausedMs ?? 0 };
}
