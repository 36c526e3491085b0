import type { QueueClass } from '@sluice/shared/contracts/queueClass';
import { DEAD_LETTER_CLASS } from '@sluice/shared/contracts/queueClass';
import { classOfLane, tenantOfLane } from '@sluice/shared/domain/lane';
import { FLOOR_SLOTS, slotsHeldBy } from '@sluice/shared/domain/placement';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { LaneWorker } from '@sluice/shared/queue/laneWorker';
import type { FleetTable } from '@sluice/shared/redis/commands/fleetTable';

/** The lanes that this process runs. */
export interface LaneSet {
  /** Opens, resizes and closes lanes so that this process runs its share of the fleet's slots, and no more. */
  follow(table: FleetTable, workers: readonly string[]): Promise<void>;
  /** Lanes that are open, and slots held over all tenants. */
  size(): { readonly lanes: number; readonly slots: number };
  /** Takes no more jobs; resolves when all that run have ended. */
  close(): Promise<void>;
}

/** How a lane is opened. */
export type OpenLane = (
  lane: { readonly tenantId: string; readonly queueClass: QueueClass },
  concurrency: number,
) => LaneWorker;

interface OpenedLane {
  readonly worker: LaneWorker;
  slots: number;
}

/**
 * @param workerId this process among `workers`
 * @param slotConcurrency jobs that one slot runs at a time
 */
export function createLaneSet(workerId: string, slotConcurrency: number, open: OpenLane, log: Log): LaneSet {
  const opened = new Map<string, OpenedLane>();
  const closing = new Set<Promise<void>>();
  let slotsHeld = 0;
  let closed = false;

  function closeLane(name: string, lane: OpenedLane): void {
    opened.delete(name);
    const done = lane.worker
      .close()
      .catch((err: unknown) => log.warn({ err, lane: name }, 'closing a lane failed'))
      .finally(() => closing.delete(done));
    closing.add(done);
  }

  async function setSlots(name: string, slots: number): Promise<void> {
    const lane = opened.get(name);
    if (slots === 0) {
      if (lane !== undefined) closeLane(name, lane);
      return;
    }
    if (lane === undefined) {
      const worker = open(
        { tenantId: tenantOfLane(name), queueClass: classOfLane(name) as QueueClass },
        slots * slotConcurrency,
      );
      opened.set(name, { worker, slots });
      return;
    }
    if (lane.slots === slots) return;
    lane.slots = slots;
    await lane.worker.setConcurrency(slots * slotConcurrency);
  }

  return {
    async follow(table, workers) {
      if (closed) return;
      const lanes = table.lanes.filter((name) => classOfLane(name) !== DEAD_LETTER_CLASS);
      const slotsOf = countSlots(workerId, lanes, table.desired, workers);
      slotsHeld = [...slotsOf.values()].reduce((sum, slots) => sum + slots, 0);
      const known = new Set(lanes);
      for (const [name, lane] of [...opened]) if (!known.has(name)) closeLane(name, lane);
      await Promise.all(lanes.map((name) => setSlots(name, slotsOf.get(tenantOfLane(name)) ?? 0)));
    },
    size: () => ({ lanes: opened.size, slots: slotsHeld }),
    async close() {
      closed = true;
      for (const [name, lane] of [...opened]) closeLane(name, lane);
      await Promise.all(closing);
    },
  };
}

/** Slots of each tenant that fall to one process. */
function countSlots(
  workerId: string,
  lanes: readonly string[],
  desired: ReadonlyMap<string, number>,
  workers: readonly string[],
): Map<string, number> {
  const tenants = new Set(lanes.map(tenantOfLane));
  return new Map(
    [...tenants].map((tenant) => [tenant, slotsHeldBy(workerId, tenant, desired.get(tenant) ?? FLOOR_SLOTS, workers)]),
  );
}
