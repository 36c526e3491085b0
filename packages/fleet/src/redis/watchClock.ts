import { monotonicMs } from '@sluice/shared/lifecycle/clock';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { ServerClock } from '@sluice/shared/lifecycle/serverClock';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { RedisClient } from './client.js';

/** Interval between reads of Redis's time, in ms. */
const ASK_EVERY_MS = 5_000;

/** Polls Redis's time for a process without a heartbeat. While Redis is unavailable, the last reading is used. */
export function watchClock(client: RedisClient, clock: ServerClock, log: Log): Service {
  return runEvery(
    'clock',
    ASK_EVERY_MS,
    async () => {
      const askedMs = monotonicMs();
      try {
        const [seconds, micros] = await client.time();
        clock.note({ askedMs, serverMs: Number(seconds) * 1_000 + Number(micros) / 1_000 });
      } catch (err) {
        log.debug(
          { component: 'clock', event: 'redis_time_unavailable', err },
          'failed to read the time of Redis: retrying',
        );
      }
    },
    log,
  );
}
