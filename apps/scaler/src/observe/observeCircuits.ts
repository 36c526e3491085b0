import { upstreamOfClass } from '@sluice/shared/contracts/taskCatalogue';
import { classOfLane, tenantOfLane } from '@sluice/shared/domain/lane';
import type { LaneSight } from '@sluice/shared/queue/observeLanes';
import type { RedisClient } from '@sluice/shared/redis/client';
import { readCircuit } from '@sluice/shared/redis/commands/circuit';
import type { FleetKeys } from '@sluice/shared/redis/keys';

/**
 * Which of these lanes wait for an upstream whose circuit is not closed. Asked only of lanes where jobs wait and call one, all of them
 * together; a single call that finds out whether the upstream is back wants no more slots either.
 */
export async function observeCircuits(
  client: RedisClient,
  keys: FleetKeys,
  lanes: readonly Pick<LaneSight, 'name' | 'waiting'>[],
): Promise<ReadonlySet<string>> {
  const asked = lanes.flatMap(({ name, waiting }) => {
    const upstream = waiting > 0 ? upstreamOfClass(classOfLane(name)) : null;
    return upstream?.circuit === undefined ? [] : [{ name, upstream: upstream.name }];
  });
  const circuits = await Promise.all(
    asked.map(({ name, upstream }) => readCircuit(client, keys, { tenantId: tenantOfLane(name), upstream })),
  );
  return new Set(asked.flatMap(({ name }, index) => ((circuits[index]?.kind ?? 'closed') === 'closed' ? [] : [name])));
}
