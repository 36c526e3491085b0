import type { LaneSight } from '@sluice/fleet/queue/observe/observeLanes';
import type { RedisClient } from '@sluice/fleet/redis/client';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { readCircuit } from '@sluice/limits';
import { classOfLane, tenantOfLane } from '@sluice/shared/domain/lane';
import type { TaskCatalogue } from '@sluice/tasks/internal';

/**
 * Returns which of these lanes wait for an upstream whose circuit is not closed. Queries only lanes with waiting jobs
 * that call an upstream, all in one batch; a half-open circuit counts as well, as a single probe needs no more slots.
 */
export async function observeCircuits(
  client: RedisClient,
  keys: FleetKeys,
  tasks: Pick<TaskCatalogue, 'upstreamOfClass'>,
  lanes: readonly Pick<LaneSight, 'name' | 'waiting'>[],
): Promise<ReadonlySet<string>> {
  const asked = lanes.flatMap(({ name, waiting }) => {
    const upstream = waiting > 0 ? tasks.upstreamOfClass(classOfLane(name)) : null;
    return upstream?.circuit === undefined ? [] : [{ name, upstream: upstream.name }];
  });
  const circuits = await Promise.all(
    asked.map(({ name, upstream }) => readCircuit(client, keys, { tenantId: tenantOfLane(name), upstream })),
  );
  return new Set(asked.flatMap(({ name }, index) => ((circuits[index]?.kind ?? 'closed') === 'closed' ? [] : [name])));
}
