import { createRedis } from '@sluice/fleet/redis/connect';
import { fleetKeys } from '@sluice/fleet/redis/keys';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { numberOfTenant } from './fleetNames.js';
import { createTally } from './fleetTally.js';
import { openLaneIntake } from './laneIntake.js';
import { serveTally } from './serveTally.js';
import { readWorkerPart } from './workerShape.js';

// Our engine with nothing behind it: no ledger, as bare BullMQ has none.
const { redisUrl, prefix, shape } = readWorkerPart(process.env);
const log = createLogger('bench', { level: 'silent' });
const tally = createTally(shape.tenants, shape.serviceMs);
serveTally(tally);
const redis = createRedis({ url: redisUrl }, 'consumer', log);
const intake = await openLaneIntake({
  redis,
  keys: fleetKeys(prefix),
  workerId: `bench-${process.pid}`,
  concurrency: shape.capacity,
  slotConcurrency: shape.slotConcurrency,
  lockMs: 30_000,
  async run({ lane, data }) {
    await tally.run(numberOfTenant(lane.tenantId), data);
    return { kind: 'completed', result: null };
  },
  log,
});
await redis.start();
await intake.start();
