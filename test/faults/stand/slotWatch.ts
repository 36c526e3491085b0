import { readSlotLeases } from '@sluice/fleet/redis/commands/slotLeases';
import { createRedis } from '@sluice/fleet/redis/connect';
import { fleetKeys } from '@sluice/fleet/redis/keys';
import type { RedisConfig } from '@sluice/fleet/redis/openClient';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { MAX_SLOTS, PREFIX, SLOT_CONCURRENCY } from './environment.js';

/** Looks at the leases of slots all the time. */
export interface SlotWatch {
  /** Most jobs of a tenant that may run at once. */
  readonly mostAllowed: number;
  /** What was found amiss, each once. */
  readonly amiss: readonly string[];
  /** Looks that Redis answered. */
  looks(): number;
  stop(): Promise<void>;
}

/** Between two looks, in ms. */
const LOOK_EVERY_MS = 300;

/** Begins to look; Redis must answer now, and may be away later. */
export async function watchSlots(config: RedisConfig): Promise<SlotWatch> {
  const redis = createRedis(config, 'caller', createLogger('test', { level: 'silent' }));
  await redis.start();
  const keys = fleetKeys(PREFIX);
  const amiss = new Set<string>();
  let looks = 0;

  async function look(): Promise<void> {
    const leases = await readSlotLeases(redis.client, keys);
    looks++;
    for (const { tenantId, slot, holder } of leases) {
      if (slot < 1 || slot > MAX_SLOTS) amiss.add(`${holder} holds slot ${slot} of ${tenantId}`);
    }
  }
  let isOn = true;
  let timer: NodeJS.Timeout | undefined;
  function lookAgain(): void {
    if (!isOn) return;
    timer = setTimeout(() => {
      // Redis is away at times: that is what is under test.
      void look()
        .catch(() => undefined)
        .finally(lookAgain);
    }, LOOK_EVERY_MS);
  }
  lookAgain();
  return {
    mostAllowed: MAX_SLOTS * SLOT_CONCURRENCY,
    get amiss() {
      return [...amiss];
    },
    looks: () => looks,
    async stop() {
      isOn = false;
      clearTimeout(timer);
      await redis.stop(AbortSignal.timeout(5_000));
    },
  };
}
