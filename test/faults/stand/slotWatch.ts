import { readSlotLeases } from '@sluice/fleet/redis/commands/slotLeases';
import { createRedis } from '@sluice/fleet/redis/connect';
import { fleetKeys } from '@sluice/fleet/redis/keys';
import type { RedisConfig } from '@sluice/fleet/redis/openClient';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { MAX_SLOTS, PREFIX, SLOT_CONCURRENCY } from './environment.js';

/** Continuously polls the slot leases. */
export interface SlotWatch {
  /** Maximum concurrent jobs of a tenant. */
  readonly mostAllowed: number;
  /** Errors found, without duplicates. */
  readonly amiss: readonly string[];
  /** Polls that Redis responded to. */
  looks(): number;
  stop(): Promise<void>;
}

/** Poll interval, in ms. */
const LOOK_EVERY_MS = 300;

/** Starts polling; Redis must be available now, and may be down later. */
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
      // Redis is down at times: that is what is being tested.
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
