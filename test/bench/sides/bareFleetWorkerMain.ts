import { fleetKeys } from '@sluice/fleet/redis/keys';
import { laneName } from '@sluice/shared/domain/lane';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { laneOfNumber } from './fleetNames.js';
import { createTally } from './fleetTally.js';
import { serveTally } from './serveTally.js';
import { readWorkerPart } from './workerShape.js';

// Bare BullMQ at its best: one Worker per tenant, all on one ordinary connection beside the blocking one that each of
// them makes. An idle one asks once a minute, and none looks for stalled jobs or asks for the server's version.
const DRAIN_DELAY_S = 60;

const { redisUrl, prefix, shape } = readWorkerPart(process.env);
const keys = fleetKeys(prefix);
const tally = createTally(shape.tenants, shape.serviceMs);
serveTally(tally);
const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
connection.setMaxListeners(0);
await connection.ping();
for (let number = 0; number < shape.tenants; number++) {
  const lane = laneOfNumber(number);
  const worker = new Worker(laneName(lane), ({ data }) => tally.run(number, data), {
    connection,
    prefix: keys.queuePrefix(lane.tenantId),
    concurrency: shape.slots * shape.slotConcurrency,
    drainDelay: DRAIN_DELAY_S,
    skipStalledCheck: true,
    skipVersionCheck: true,
  });
  worker.on('error', (error) => console.error(`bare BullMQ: ${error.message}`));
}
