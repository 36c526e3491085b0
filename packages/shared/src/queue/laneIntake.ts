import type { IQueueBackend, WorkerOptions } from 'bullmq';
import { Worker } from 'bullmq';
import { BUCKET_COUNT } from '../domain/lane.js';
import { runEvery } from '../lifecycle/runEvery.js';
import type { Log, Service } from '../lifecycle/service.js';
import { createBlockingPop } from '../redis/blockingPop.js';
import type { RedisClient } from '../redis/client.js';
import type { FleetKeys } from '../redis/keys.js';
import type { FanIn } from './fanInBackend.js';
import { createFanIn, FOREVER_S } from './fanInBackend.js';
import { createLaneBackends } from './laneBackends.js';
import type { OpenLane } from './laneBoard.js';
import { createLaneBoard } from './laneBoard.js';
import { laneKeysOf } from './laneKeys.js';
import type { ActiveJob, AttemptEnd } from './runAttempt.js';
import { decidedDelayMs, runAttempt } from './runAttempt.js';
import type { SlotRoom } from './slotRoom.js';
import { createWakeHub } from './wakeHub.js';

/** Takes jobs of many lanes into this process, fairly, and runs them. */
export interface LaneIntake extends Service {
  /** Runs these lanes and no others; jobs that run go on. */
  follow(lanes: ReadonlySet<string>): void;
  /** A tenant's share of the turns. */
  setWeight(tenantId: string, weight: number): void;
  /** A tenant may have room again. */
  room(tenantId: string): void;
  /** Work may wait in a lane: another process said so. */
  look(lane: string): void;
  /** Lanes that are open. */
  size(): number;
  /** Takes no more jobs; resolves when all that run have ended. */
  close(): Promise<void>;
}

/** What the intake needs. */
export interface LaneIntakeOptions {
  readonly client: RedisClient;
  readonly keys: FleetKeys;
  readonly workerId: string;
  /** Jobs that this process runs at a time. */
  readonly concurrency: number;
  /** How long a job stays locked without renewal, in ms. */
  readonly lockMs: number;
  /** How often every lane is looked at, for lost locks and whatever no marker told, in ms. */
  readonly sweepMs: number;
  readonly room: SlotRoom;
  /** Whether this process looks for a tenant's stalled jobs. */
  readonly findsStalled: (tenantId: string) => boolean;
  /** A look has seen this version of a bucket. */
  readonly version: (bucket: number, version: string) => void;
  readonly run: (job: ActiveJob) => Promise<AttemptEnd>;
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly log: Log;
}

/** The number of lost locks is judged by the ledger (see `domain/claim.ts`), so BullMQ's own bound is out of reach. */
const NEVER = 1_000_000;

interface Runner {
  readonly worker: Worker<unknown, unknown, string, IQueueBackend>;
  readonly fanIn: FanIn;
}

/** Runners are made when there is work for them; nothing is done while there is none. */
export function createLaneIntake(options: LaneIntakeOptions): LaneIntake {
  const { client, keys, log } = options;
  const workerOptions: WorkerOptions = {
    connection: client,
    concurrency: 1,
    name: options.workerId,
    lockDuration: options.lockMs,
    stalledInterval: options.sweepMs,
    skipStalledCheck: true,
    maxStalledCount: NEVER,
    drainDelay: FOREVER_S,
    runRetryDelay: 1_000,
    skipVersionCheck: true,
    settings: { backoffStrategy: decidedDelayMs },
  };
  const backends = createLaneBackends(workerOptions, keys);
  const runners: Runner[] = [];
  /** Those who wait for work, the one that waited shortest last. */
  const idlers: Pick<FanIn, 'wake'>[] = [];
  const open = new Map<string, OpenLane>();
  let closed = false;

  const board = createLaneBoard(options.room, options.now, {
    work: () => findRunner(),
    doubt: (lane) => hub.look(lane),
    listen: (lane, on) => hub.listen(lane, on),
  });
  const hub = createWakeHub({
    client,
    keys,
    workerId: options.workerId,
    board,
    createPop: () => createBlockingPop(client),
    passOn: (lane) => {
      client.publish(keys.wokenChannel, lane.name).catch(() => undefined);
    },
    active: (lane) => void findStalled(lane),
    version: options.version,
    monotonicMs: options.monotonicMs,
    log,
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

  /** An idle runner takes the work; while all are busy another is made, up to the bound. */
  function findRunner(): void {
    if (closed) return;
    const idle = idlers.pop();
    if (idle !== undefined) idle.wake();
    else if (runners.length < options.concurrency) runners.push(startRunner());
  }

  function startRunner(): Runner {
    const fanIn = createFanIn(board, backends, (waits) => idlers.push(waits));
    const worker = new Worker(
      'runner',
      async (job, token) => {
        const claim = fanIn.current();
        if (claim === null) throw new Error('a job came without a claim');
        return runAttempt(job, token, claim, options);
      },
      workerOptions,
      () => fanIn.backend,
    );
    worker.on('error', (err) => log.debug({ err }, 'BullMQ reports an error'));
    return { worker, fanIn };
  }

  async function findStalled(lane: OpenLane): Promise<void> {
    if (!options.findsStalled(lane.tenantId)) return;
    try {
      const stalled = await backends.of(lane).moveStalledJobsToWait();
      if (stalled.length > 0) hub.look(lane);
    } catch (err) {
      log.debug({ err, lane: lane.name }, 'stalled jobs could not be looked for');
    }
  }

  function closeLane(lane: OpenLane): void {
    open.delete(lane.name);
    board.close(lane.name);
    hub.remove(lane);
  }

  return {
    name: 'intake',
    start: () => sweep.start(),
    async stop(deadline) {
      await sweep.stop(deadline);
      await this.close();
      await hub.stop();
      await backends.close();
    },
    follow(lanes) {
      if (closed) return;
      for (const lane of [...open.values()]) if (!lanes.has(lane.name)) closeLane(lane);
      for (const name of lanes) {
        if (open.has(name)) continue;
        const lane = board.open(name, laneKeysOf(keys, name));
        open.set(name, lane);
        hub.add(lane);
      }
    },
    setWeight: board.setWeight,
    room: board.room,
    look(name) {
      const lane = open.get(name);
      if (lane !== undefined) hub.look(lane);
    },
    size: () => open.size,
    async close() {
      closed = true;
      for (const lane of [...open.values()]) closeLane(lane);
      await Promise.all(runners.map(({ worker }) => worker.close()));
    },
  };
}
