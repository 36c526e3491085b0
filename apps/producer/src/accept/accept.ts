import type { FeedWriter } from '@sluice/fleet/feed/feedWriter';
import type { Ledger } from '@sluice/fleet/postgres/ledger';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import type { Acceptor, TaskHooks } from '@sluice/fleet/submit/acceptor';
import { createAcceptor } from '@sluice/fleet/submit/acceptor';
import type { LaneReader } from '@sluice/fleet/wait/laneReader';
import type { EstimateReader } from '@sluice/fleet/wait/waitEstimates';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { RedisCall } from '../stores/redisCall.js';
import { createRedisAdd } from '../stores/redisCall.js';
import type { RedisGate } from '../stores/redisGate.js';
import type { AnswerAccepted } from './answerAccepted.js';
import { createAnswerAccepted } from './answerAccepted.js';
import type { TaskChecks } from './ga4Properties.js';
import { createUnqueuedLimit } from './unqueuedLimit.js';

/** Dependencies of accepting over HTTP. */
export interface AcceptDeps {
  readonly client: RedisService['client'];
  readonly keys: FleetKeys;
  readonly ledger: Ledger;
  readonly lanes: LaneQueues;
  readonly call: RedisCall;
  readonly gate: RedisGate;
  /** Maximum of accepted but unqueued jobs in the whole fleet. */
  readonly mostUnqueued: number;
  readonly checks: TaskChecks;
  readonly estimates: EstimateReader;
  readonly laneReader: LaneReader;
  readonly feed: Pick<FeedWriter, 'publish'>;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => number;
}

/** The step that accepts jobs, wired. */
export interface Accept {
  /** Stop it after the last request and before closing the connections. */
  readonly acceptor: Acceptor;
  readonly answerAccepted: AnswerAccepted;
}

/** Wires the step that accepts jobs: the fleet's acceptor behind this process's gate, counted in its metrics. */
export function createAccept(deps: AcceptDeps): Accept {
  const { client, keys, ledger, lanes, call, gate, estimates, feed, metrics, log, now } = deps;
  const acceptor = createAcceptor(
    {
      ledger,
      lanes,
      feed,
      log,
      callAdd: createRedisAdd(gate),
      publishTouched: (names) => call(() => client.publish(keys.touchedChannel, names.join(' '))),
    },
    {
      gate,
      places: deps.laneReader,
      unqueued: createUnqueuedLimit(ledger, deps.mostUnqueued, now),
      hooksOf: (task) => hooksOf(task, deps),
      onUnqueued: () => metrics.jobsUnqueued.inc(),
    },
  );
  return { acceptor, answerAccepted: createAnswerAccepted(estimates, ledger, now) };
}

/** Resolves the counters once: finding a counter by its labels costs more than incrementing it. */
function hooksOf(task: string, { checks, metrics }: Pick<AcceptDeps, 'checks' | 'metrics'>): TaskHooks {
  const counterOf = (durability: 'ledger' | 'redis') => metrics.jobsAccepted.labels({ task, durability });
  const counters = new Map<string, ReturnType<typeof counterOf>>();
  return {
    admit: checks.get(task),
    onAccepted({ durability }) {
      const counter = counters.get(durability) ?? counterOf(durability);
      counters.set(durability, counter);
      counter.inc();
    },
  };
}
