import { createPostgres } from '@sluice/fleet/postgres/connect';
import { createLaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createRedis } from '@sluice/fleet/redis/connect';
import { fleetKeys } from '@sluice/fleet/redis/keys';
import type { memorySettings, postgresSettings, redisSettings } from '@sluice/shared/config/fragments';
import type { Loaded } from '@sluice/shared/config/setting';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { createServiceGroup } from '@sluice/shared/lifecycle/serviceGroup';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { createMemoryRoom } from '../recover/memoryRoom.js';
import { restoreSchedules } from '../recover/restoreSchedules.js';
import { repairWeights } from '../repair/repairWeights.js';
import { confirmPrefix } from './confirmPrefix.js';
import type { RebuildOptions } from './options.js';
import { rebuildRedis } from './rebuildRedis.js';
import { describeEnd, describeSurvey, EXIT_CODES } from './report.js';

/** Settings that the command reads. */
type RebuildConfig = Loaded<{
  redis: typeof redisSettings;
  memory: typeof memorySettings;
  postgres: typeof postgresSettings;
}>;

/** What the command reads from the machine. */
interface Machine {
  readonly monotonicMs: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

/** Output of the command. */
interface Voice {
  /** Writes a line of the result. */
  readonly out: (line: string) => void;
  /** Writes progress and errors. */
  readonly err: (text: string) => void;
}

/** Interval of progress reports, in ms. */
const TELL_EVERY_MS = 1_000;

/** Timeout for closing the connections, in ms. */
const STOP_WITHIN_MS = 5_000;

/** This command needs no leadership: it is idempotent. */
const ALONE = { fence: 0, holds: () => true };

/**
 * Connects, runs the command and disconnects.
 * @returns the exit code
 * @throws FleetError `configuration` when a server cannot be reached
 */
export async function runRebuild(
  options: RebuildOptions,
  config: RebuildConfig,
  machine: Machine,
  voice: Voice,
): Promise<number> {
  const log = createLogger('rebuild', { level: 'silent' });
  const keys = fleetKeys(config.redis.prefix);
  const redis = createRedis(config.redis, 'consumer', log);
  const { db, ...postgres } = createPostgres(config.postgres, log);
  const queues = createLaneQueues(redis.client, keys);
  const closeQueues = { name: 'queues', start: async () => undefined, stop: () => queues.close() };
  const connections = createServiceGroup('rebuild', [redis, postgres, closeQueues], log);
  await connections.start();
  try {
    const report = await rebuildRedis(options, {
      db,
      redis,
      keys,
      queues,
      hasRoom: createMemoryRoom(redis.client, config.memory.guardPercent, machine.monotonicMs),
      prefix: config.redis.prefix,
      restore: [
        () => repairWeights(ALONE, { db, redis, keys, log }),
        () => restoreSchedules(ALONE, { db, redis, keys, queues, log }),
      ],
      monotonicMs: machine.monotonicMs,
      pause: machine.pause,
      confirm: () => confirmPrefix(config.redis.prefix),
      onSurvey: (survey) => options.json || voice.out(describeSurvey(survey)),
      onProgress: progressOf(options, machine, voice),
    });
    voice.out(options.json ? JSON.stringify(report) : describeEnd(report));
    return EXIT_CODES[report.outcome];
  } catch (error) {
    if (error instanceof FleetError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    voice.err(`Not finished: ${why}\nWhat was added stays. Run the command again with --merge.\n`);
    return 1;
  } finally {
    await connections.stop(AbortSignal.timeout(STOP_WITHIN_MS));
  }
}

function progressOf({ json }: RebuildOptions, { monotonicMs }: Machine, { err }: Voice): (text: string) => void {
  let reportedMs = monotonicMs();
  return (text) => {
    if (json || monotonicMs() - reportedMs < TELL_EVERY_MS) return;
    reportedMs = monotonicMs();
    err(`  ${text}\n`);
  };
}
