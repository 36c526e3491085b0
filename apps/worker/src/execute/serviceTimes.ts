import { blendServiceMs } from '@sluice/fleet/domain/waitEstimate';
import { writeServiceTimes } from '@sluice/fleet/redis/commands/serviceTimes';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import type { Lane } from '@sluice/shared/domain/lane';
import { laneName } from '@sluice/shared/domain/lane';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Log, Service } from '@sluice/shared/lifecycle/service';

/** Learns each lane's service times, for the wait estimates that submitters receive. */
export interface ServiceTimes extends Service {
  /** @param ms how long a job occupied its place, from its claim until it was settled, excluding ledger outages */
  note(lane: Lane, ms: number): void;
}

/** Writes what it learnt once a second, only for lanes that ran something. */
export function createServiceTimes(redis: RedisService, keys: FleetKeys, log: Log): ServiceTimes {
  const learnt = new Map<string, { lane: Lane; ms: number; changed: boolean }>();
  const loop = runEvery(
    'service-times',
    1_000,
    async () => {
      const changed = [...learnt.values()].filter((entry) => entry.changed);
      if (changed.length === 0) return;
      await writeServiceTimes(
        redis.client,
        keys,
        new Map(changed.map(({ lane, ms }) => [{ tenantId: lane.tenantId, name: laneName(lane) }, ms])),
      );
      for (const entry of changed) entry.changed = false;
    },
    log,
  );
  return {
    ...loop,
    note(lane, ms) {
      const name = laneName(lane);
      learnt.set(name, { lane, ms: blendServiceMs(learnt.get(name)?.ms ?? null, ms), changed: true });
    },
  };
}
