import type { Lane } from '@sluice/shared/domain/lane';
import { laneName } from '@sluice/shared/domain/lane';
import { createBatcher } from '@sluice/shared/lifecycle/batcher';
import { laneKeysOf } from '@sluice/shared/queue/laneKeys';
import type { LaneOutlook, LanePlace } from '@sluice/shared/redis/commands/readOutlook';
import { IDS_PER_OUTLOOK, readOutlook } from '@sluice/shared/redis/commands/readOutlook';
import type { RedisService } from '@sluice/shared/redis/connect';
import type { FleetKeys } from '@sluice/shared/redis/keys';
import type { RedisCall } from '../stores/redisCall.js';

/** A lane as it was when one of its jobs was asked for. */
export interface SeenLane {
  readonly outlook: LaneOutlook;
  /** Null when no job was asked for. */
  readonly place: LanePlace | null;
}

/** Reads lanes for many requests at once. */
export interface OutlookBatches {
  /** A lane, and where a job of it stands; null while Redis is away. */
  read(lane: Lane, id: string | null): Promise<SeenLane | null>;
  /** The same for many jobs that came together; the answers are in their order. */
  readAll(questions: readonly LaneQuestion[]): Promise<readonly (SeenLane | null)[]>;
}

/** Which lane is asked for, and where which job of it stands. */
export interface LaneQuestion {
  readonly lane: Lane;
  readonly id: string | null;
}

/** Requests of the same moment ask together: one command for each lane, all in one round trip. */
export function createOutlookBatches(client: RedisService['client'], keys: FleetKeys, call: RedisCall): OutlookBatches {
  async function readLane(name: string, { lane, ids }: { readonly lane: Lane; readonly ids: readonly string[] }) {
    try {
      const laneKeys = laneKeysOf(keys, name);
      return await call(() => readOutlook(client, keys, { tenantId: lane.tenantId, name, laneKeys }, ids));
    } catch {
      return null;
    }
  }
  async function readAll(questions: readonly LaneQuestion[]): Promise<(SeenLane | null)[]> {
    const byLane = new Map<string, { lane: Lane; ids: string[] }>();
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
    const outlooks = new Map(lanes);
    return asked.map(({ name, index }) => {
      const outlook = outlooks.get(name) ?? null;
      return outlook === null ? null : { outlook, place: outlook.places[index] ?? null };
    });
  }
  const batcher = createBatcher<LaneQuestion, SeenLane | null>({
    maxItems: IDS_PER_OUTLOOK,
    maxWaitMs: 0,
    maxFlushes: 4,
    flush: readAll,
  });
  return { read: (lane, id) => batcher.add({ lane, id }), readAll };
}
