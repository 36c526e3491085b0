import { monotonicMs } from '@sluice/shared/lifecycle/clock';
import type { RedisClient } from '../../redis/client.js';
import type { UsedLane } from '../../redis/commands/registerLanes.js';
import { registerLanes } from '../../redis/commands/registerLanes.js';
import type { FleetKeys } from '../../redis/keys.js';

/** Tells the registry which lanes are added to. */
export interface LaneRegistrar {
  /** Registers lanes with the adds to them; resolves with those. Rejects when an add does. */
  register(used: readonly UsedLane[], added: readonly Promise<unknown>[]): Promise<void>;
  /** Counts an add to a lane that is known, which costs next to nothing; false when it must be registered. */
  countKnown(lane: UsedLane): boolean;
  /** Tells what has not been told. */
  close(): Promise<void>;
}

/** An add that took longer is registered once more. Lanes are retired after ten times as long at the least. */
const REGISTER_AGAIN_AFTER_MS = 1_000;

/**
 * A lane that was registered so recently is known: what is added to it is told of later, in ms. Half of the shortest time
 * after which a lane is retired, so that a known lane never is.
 */
const KNOWN_MS = 5_000;

/** Lanes that are remembered as known. */
const MOST_KNOWN = 100_000;

/** Adds to known lanes are told of together, after so long, in ms. */
const PUBLISH_AFTER_MS = 500;

/**
 * A lane that is not known is registered in the same round trip as its add. Adds to known lanes are counted, and told of twice a
 * second with one call per bucket, which also teaches an emptied Redis its lanes again. Which of add and registration comes
 * first is up to BullMQ, which may have to load its scripts: if it took long, the lane may have been retired in between, and
 * is registered once more.
 */
export function createLaneRegistrar(
  client: RedisClient,
  keys: FleetKeys,
  registerAgainAfterMs = REGISTER_AGAIN_AFTER_MS,
): LaneRegistrar {
  const knownUntil = new Map<string, number>();
  let untold = new Map<string, UsedLane>();
  let timer: NodeJS.Timeout | null = null;
  let telling: Promise<void> = Promise.resolve();

  function countLater(lane: UsedLane): void {
    const { tenantId, name, jobs } = lane;
    untold.set(name, { tenantId, name, jobs: jobs + (untold.get(name)?.jobs ?? 0) });
    timer ??= setTimeout(publish, PUBLISH_AFTER_MS);
  }

  function countKnown(lane: UsedLane): boolean {
    if ((knownUntil.get(lane.name) ?? 0) <= monotonicMs()) return false;
    countLater(lane);
    return true;
  }

  function publish(): void {
    timer = null;
    const lanes = [...untold.values()];
    untold = new Map();
    telling = registerLanes(client, keys, lanes).catch(() => {
      // Redis is away: the adds fail as well, and these are told of with the next.
      for (const lane of lanes) countLater(lane);
    });
  }

  async function registerNow(lanes: readonly UsedLane[], added: readonly Promise<unknown>[]): Promise<void> {
    const startedMs = monotonicMs();
    await Promise.all([...added, registerLanes(client, keys, lanes)]);
    if (knownUntil.size > MOST_KNOWN) knownUntil.clear();
    for (const { name } of lanes) knownUntil.set(name, startedMs + KNOWN_MS);
    if (monotonicMs() - startedMs < registerAgainAfterMs) return;
    await registerLanes(
      client,
      keys,
      lanes.map((lane) => ({ ...lane, jobs: 0 })),
    );
  }

  return {
    countKnown,
    async register(used, added) {
      const fresh = used.filter((lane) => !countKnown(lane));
      if (fresh.length === 0) await Promise.all(added);
      else await registerNow(fresh, added);
    },
    async close() {
      if (timer !== null) {
        clearTimeout(timer);
        publish();
      }
      await telling;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
