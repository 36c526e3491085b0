import type { FeedWriter } from '@sluice/fleet/feed/feedWriter';
import type { OutlookReader } from '@sluice/fleet/outlook/outlook';
import type { OutlookBatches } from '@sluice/fleet/outlook/outlookBatches';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { createTouchNotice } from '@sluice/fleet/submit/touchNotice';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { Ledger } from '../stores/ledger.js';
import type { RedisCall } from '../stores/redisCall.js';
import { createRedisAdd } from '../stores/redisCall.js';
import type { RedisGate } from '../stores/redisGate.js';
import type { Acceptor } from './acceptJob.js';
import { createAcceptor } from './acceptJob.js';
import type { AnswerAccepted } from './answerAccepted.js';
import { createAnswerAccepted } from './answerAccepted.js';
import { createEnqueuer } from './enqueuer.js';
import { createLateLedger } from './lateLedger.js';
import { createLedgerWriter } from './ledgerWriter.js';
import { createQueuedMarks } from './queuedMarks.js';
import { createUnqueuedBound } from './unqueuedBound.js';

/** Everything that accepting rests on. */
export interface AcceptParts {
  readonly client: RedisService['client'];
  readonly keys: FleetKeys;
  readonly ledger: Ledger;
  readonly lanes: LaneQueues;
  readonly call: RedisCall;
  readonly gate: RedisGate;
  /** Jobs that may be accepted in the whole fleet without being queued. */
  readonly mostUnqueued: number;
  readonly outlooks: OutlookReader;
  readonly outlookBatches: OutlookBatches;
  readonly feed: Pick<FeedWriter, 'tell'>;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => number;
}

/** The step that accepts jobs, wired. */
export interface Accept {
  readonly acceptor: Acceptor;
  readonly answerAccepted: AnswerAccepted;
  /** What must end after the last request and before the connections. */
  readonly services: readonly Service[];
}

/** Touched lanes are told at most so often, in ms. */
const TOUCH_EVERY_MS = 500;

/** Wires the step that accepts jobs. */
export function createAccept(parts: AcceptParts): Accept {
  const { client, keys, ledger, lanes, call, gate, outlooks, feed, metrics, log, now } = parts;
  const touched = createTouchNotice(
    (names) => call(() => client.publish(keys.touchedChannel, names.join(' '))),
    TOUCH_EVERY_MS,
  );
  const writer = createLedgerWriter(ledger, log);
  const late = createLateLedger(ledger, log);
  const marks = createQueuedMarks(ledger, log);
  const unqueued = createUnqueuedBound(ledger, parts.mostUnqueued, now);
  const enqueuer = createEnqueuer({
    lanes,
    gate,
    callAdd: createRedisAdd(gate),
    touched,
    feed,
    outlooks: parts.outlookBatches,
  });
  const batches: Service = {
    name: 'batches',
    async start() {
      return undefined;
    },
    async stop() {
      await writer.idle();
      await enqueuer.idle();
      await marks.idle();
    },
  };
  return {
    acceptor: createAcceptor({ writer, late, enqueuer, marks, unqueued, metrics }),
    answerAccepted: createAnswerAccepted(outlooks, ledger, now),
    services: [touched, late, batches],
  };
}
