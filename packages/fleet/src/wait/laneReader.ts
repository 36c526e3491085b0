import type { Lane } from '@sluice/shared/domain/lane';
import { laneName } from '@sluice/shared/domain/lane';
import { createBatcher } from '@sluice/shared/lifecycle/batcher';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import { laneKeysOf } from '../queue/laneKeys.js';
import type { Ask } from '../redis/ask.js';
import type { RedisClient } from '../redis/client.js';
import type { LanePlace, LaneSnapshot } from '../redis/commands/readLaneSnapshot.js';
import { IDS_PER_SNAPSHOT, readLaneSnapshot } from '../redis/commands/readLaneSnapshot.js';
import type { FleetKeys } from '../redis/keys.js';
import type { LaneHold, LaneHoldDeps } from './laneHold.js';
import { NOT_HELD, readLaneHold } from './laneHold.js';

/** A snapshot of a lane, taken for one of its jobs. */
export interface SeenLane extends LaneHold {
  readonly snapshot: LaneSnapshot;
  /** Whether any worker process is alive. */
  readonly isServed: boolean;
  /** Null when no job was requested. */
  readonly place: LanePlace | null;
}

/** Reads lanes, for many requests at once. */
export interface LaneReader {
  /** A lane, and the position of one of its jobs; null while Redis is unavailable. */
  read(lane: Lane, id: string | null): Promise<SeenLane | null>;
  /** The same for many jobs at once; the results are in their order. */
  readAll(questions: readonly LaneQuestion[]): Promise<readonly (SeenLane | null)[]>;
}

/** A lane to read, and which of its jobs to locate. */
export interface LaneQuestion {
  readonly lane: Lane;
  readonly id: string | null;
}

/** Dependencies of reading lanes. */
export interface LaneReaderDeps extends LaneHoldDeps {
  readonly client: RedisClient;
  readonly keys: FleetKeys;
  readonly call: Ask;
  readonly tasks: Pick<TaskCatalogue, 'upstreamOfClass'>;
  /** Whether any worker process is alive; cached briefly, as it is needed for every lane. */
  readonly hasWorkers: () => Promise<boolean>;
}

/** Jobs of one lane that are requested together. */
interface AskedLane {
  readonly lane: Lane;
  readonly ids: string[];
}

/**
 * Concurrent requests share one round trip with one command per lane. Where jobs call an upstream, its quota is read as
 * well, once for all.
 */
export function createLaneReader(deps: LaneReaderDeps): LaneReader {
  const { client, keys, call, hasWorkers, tasks } = deps;
  async function readLane(name: string, { lane, ids }: AskedLane) {
    const upstream = tasks.upstreamOfClass(lane.queueClass);
    const laneKeys = laneKeysOf(keys, name);
    try {
      const [snapshot, hold, isServed] = await Promise.all([
        call(() => readLaneSnapshot(client, keys, { tenantId: lane.tenantId, name, laneKeys }, ids)),
        upstream === null ? NOT_HELD : readLaneHold(lane, upstream, deps),
        call(hasWorkers),
      ]);
      return { snapshot, ...hold, isServed };
    } catch {
      return null;
    }
  }
  async function readAll(questions: readonly LaneQuestion[]): Promise<(SeenLane | null)[]> {
    const byLane = new Map<string, AskedLane>();
    const asked = questions.map(({ lane, id }) => {
      const name = laneName(lane);
      let entry = byLane.get(name);
      if (entry === undefined) {
        entry = { lane, ids: [] };
        byLane.set(name, entry);
      }
      return { name, index: id === null ? -1 : entry.ids.push(id) - 1 };
    });
    const lanes = await Promise.all(
      [...byLane].map(async ([name, entry]) => [name, await readLane(name, entry)] as const),
    );
    const seen = new Map(lanes);
    return asked.map(({ name, index }) => {
      const lane = seen.get(name) ?? null;
      return lane === null ? null : { ...lane, place: lane.snapshot.places[index] ?? null };
    });
  }
  const batcher = createBatcher<LaneQuestion, SeenLane | null>({
    maxItems: IDS_PER_SNAPSHOT,
    maxWaitMs: 0,
    maxFlushes: 4,
    flush: readAll,
  });
  return { read: (lane, id) => batcher.add({ lane, id }), readAll };
}
