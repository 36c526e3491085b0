import type { LaneIntake, LaneIntakeOptions } from '@sluice/fleet/queue/run/laneIntake';
import { createLaneIntake } from '@sluice/fleet/queue/run/laneIntake';
import type { SlotCapacity } from '@sluice/fleet/queue/run/slotCapacity';
import type { Lane } from '@sluice/shared/domain/lane';
import { laneName } from '@sluice/shared/domain/lane';
import { createLogger } from '@sluice/shared/telemetry/logger';

/** Lanes that run in the test's process. */
export interface RunningLanes {
  readonly intake: LaneIntake;
  close(): Promise<void>;
}

type Options = Pick<LaneIntakeOptions, 'client' | 'keys' | 'run'> &
  Partial<Pick<LaneIntakeOptions, 'concurrency' | 'lockMs' | 'sweepMs' | 'workerId' | 'capacity'>>;

/** Runs lanes without a fleet: no placement, and each tenant may use the whole capacity of the process. */
export async function runLanes(lanes: readonly Lane[], options: Options): Promise<RunningLanes> {
  const concurrency = options.concurrency ?? 1;
  const intake = createLaneIntake({
    lockMs: 30_000,
    sweepMs: 30_000,
    workerId: 'w1',
    capacity: unlimitedCapacity(concurrency),
    ...options,
    concurrency,
    findsStalled: () => true,
    version: () => undefined,
    now: Date.now,
    serverNow: Date.now,
    monotonicMs: () => performance.now(),
    log: createLogger('test', { level: 'silent' }),
  });
  await intake.start();
  intake.follow(new Set(lanes.map(laneName)));
  return { intake, close: () => intake.stop(AbortSignal.timeout(10_000)) };
}

/** Capacity that allows every tenant `mostJobs` jobs. */
export function unlimitedCapacity(mostJobs: number): SlotCapacity {
  const ticket = (tenantId: string) => ({
    tenantId,
    granted: null,
    isGood: () => true,
    isLost: () => false,
    onLost: () => undefined,
  });
  return {
    has: () => true,
    mayHave: () => true,
    take: ticket,
    give: () => undefined,
    mostJobs: () => mostJobs,
    isAlone: () => true,
  };
}
