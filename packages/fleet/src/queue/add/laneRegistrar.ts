import { monotonicMs } from '@sluice/shared/lifecycle/clock';
import type { RedisClient } from '../../redis/client.js';
import type { UsedLane } from '../../redis/commands/registerLanes.js';
import { registerLanes } from '../../redis/commands/registerLanes.js';
import type { FleetKeys } from '../../redis/keys.js';

/** Registers the lanes that jobs are added to. */
export interface LaneRegistrar {
  /** Registers lanes together with the adds to them; resolves when the adds do and rejects when one does. */
  register(used: readonly UsedLane[], added: readonly Promise<unknown>[]): Promise<void>;
  /** Counts an add to a known lane, at almost no cost; false when the lane must be registered. */
  countKnown(lane: UsedLane): boolean;
  /** Publishes the pending counts. */
  close(): Promise<void>;
}

/**
 * The lane of an add that took longer is registered again, in ms. Lanes are retired after at least ten times as long.
 */
const REGISTER_AGAIN_AFTER_MS = 1_000;

/**
 * A lane registered within this time is known, and adds to it are published later, in ms. Half of the shortest time
 * after which a lane is retired, so that a known lane is never retired.
 */
const KNOWN_MS = 5_000;

/** Maximum number of known lanes. */
const MOST_KNOWN = 100_000;

/** Adds to known lanes are batched for this long before they are published, in ms. */
const PUBLISH_AFTER_MS = 500;

/**
 * An unknown lane is registered in the same round trip as its add. Adds to known lanes are counted and published twice
 * a second with one call per bucket, which also restores the lanes of an emptied Redis. Whether the add or the
 * registration comes first is up to BullMQ, which may have to load its scripts: if it took long, the lane may have been
 * retired in between, so it is registered again.
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
      // Redis is unavailable: adds fail as well, and these counts are published with the next ones.
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
