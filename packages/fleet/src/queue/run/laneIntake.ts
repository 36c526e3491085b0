import { BUCKET_COUNT } from '@sluice/shared/domain/lane';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Service } from '@sluice/shared/lifecycle/service';
import { createBlockingPop } from '../../redis/blockingPop.js';
import type { FleetKeys } from '../../redis/keys.js';
import { laneKeysOf } from '../laneKeys.js';
import { createLaneBackends } from './laneBackends.js';
import { LaneBoard } from './laneBoard.js';
import type { OpenLane } from './laneState.js';
import type { RunnerOptions } from './runners.js';
import { createRunners, runnerOptions } from './runners.js';
import type { SlotCapacity } from './slotCapacity.js';
import { createWakeHub } from './wakeHub.js';

/** Claims jobs of many lanes fairly for this process and runs them. */
export interface LaneIntake extends Service {
  /** Runs exactly these lanes; running jobs continue. */
  follow(lanes: ReadonlySet<string>): void;
  /** Sets a tenant's share of the scheduling turns. */
  setWeight(tenantId: string, weight: number): void;
  /** A tenant may have capacity again. */
  capacityFreed(tenantId: string): void;
  /** This process was refused a slot for the tenant: another process may run the waiting jobs. */
  refused(tenantId: string): void;
  /**
   * Handles a notification that a lane may have work: the lane's name, then the id of the sending process; without an
   * id, a pause of the lane ended.
   */
  heard(message: string): void;
  /** Number of open lanes. */
  size(): number;
  /** Claims no more jobs; resolves when all running jobs have ended. */
  close(): Promise<void>;
}

/** Options and dependencies of the intake. */
export interface LaneIntakeOptions extends Omit<RunnerOptions, 'released'> {
  readonly keys: FleetKeys;
  readonly capacity: SlotCapacity;
  /** Whether this process checks for a tenant's stalled jobs. */
  readonly findsStalled: (tenantId: string) => boolean;
  /** Called with the bucket's version after each inspection. */
  readonly version: (bucket: number, version: string) => void;
  /** A monotonic clock, in ms. */
  readonly monotonicMs: () => number;
}

/** Creates runners on demand; idle while there is no work. */
export function createLaneIntake(options: LaneIntakeOptions): LaneIntake {
  const { client, keys, log } = options;
  const open = new Map<string, OpenLane>();
  const backends = createLaneBackends(runnerOptions({ ...options, released }), keys);
  const board = new LaneBoard(options.capacity, options.concurrency, options.now, {
    work: () => runners.find(),
    doubt: (lane) => hub.look(lane),
    listen: (lane, on) => hub.listen(lane, on),
    passOn: (lane) => tellOthers(lane.name),
  });
  const runners = createRunners(board, backends, { ...options, released });
  const hub = createWakeHub({
    ...options,
    board,
    createPop: () => createBlockingPop(client),
    active: (lane) => void findStalled(lane),
  });
  let swept = 0;
  const sweep = runEvery(
    'sweep',
    Math.max(1, Math.floor(options.sweepMs / BUCKET_COUNT)),
    async () => {
      hub.sweep(swept);
      swept = (swept + 1) % BUCKET_COUNT;
    },
    log,
  );

  function tellOthers(name: string): void {
    const told = client.publish(keys.wokenChannel, `${name} ${options.workerId}`);
    told.catch((err: unknown) =>
      log.debug(
        { component: 'lanes', event: 'wake_not_published', err },
        'failed to notify other workers of a lane with work: their next sweep finds it',
      ),
    );
  }

  function released(name: string): void {
    const lane = open.get(name);
    if (lane !== undefined) hub.look(lane);
    tellOthers(name);
  }

  async function findStalled(lane: OpenLane): Promise<void> {
    if (!options.findsStalled(lane.tenantId)) return;
    try {
      const stalled = await backends.of(lane.name).moveStalledJobsToWait();
      if (stalled.length > 0) hub.look(lane);
    } catch (err) {
      log.debug(
        { component: 'lanes', event: 'stalled_check_failed', err, lane: lane.name },
        'failed to check a lane for stalled jobs: the next sweep checks again',
      );
    }
  }

  function closeLane(lane: OpenLane): void {
    open.delete(lane.name);
    board.close(lane.name);
    hub.remove(lane);
  }

  async function close(): Promise<void> {
    const ended = runners.close();
    for (const lane of [...open.values()]) closeLane(lane);
    await ended;
  }

  return {
    name: 'intake',
    start: () => sweep.start(),
    async stop(deadline) {
      await sweep.stop(deadline);
      await close();
      await hub.stop();
      await backends.close();
    },
    follow(lanes) {
      if (runners.areClosed()) return;
      for (const lane of [...open.values()]) if (!lanes.has(lane.name)) closeLane(lane);
      for (const name of lanes) {
        if (open.has(name)) continue;
        const lane = board.open(name, laneKeysOf(keys, name));
        open.set(name, lane);
        hub.add(lane);
      }
    },
    setWeight: (tenantId, weight) => board.setWeight(tenantId, weight),
    capacityFreed: (tenantId) => board.capacityFreed(tenantId),
    refused: (tenantId) => board.refusedTo(tenantId),
    heard(message) {
      const [name = '', ...sender] = message.split(' ');
      const lane = open.get(name);
      if (lane !== undefined && sender.length === 0) board.holdEnded(name);
      if (lane !== undefined && sender.join(' ') !== options.workerId) hub.look(lane);
    },
    size: () => open.size,
    close,
  };
}
