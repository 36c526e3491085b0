import type { MemoryVerdict } from '@sluice/fleet/domain/memoryGuard';
import { judgeMemory } from '@sluice/fleet/domain/memoryGuard';
import { readMemoryUse } from '@sluice/fleet/redis/commands/memoryUse';
import type { RedisService } from '@sluice/fleet/redis/connect';
import { monotonicMs } from '@sluice/shared/lifecycle/clock';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { BreakerState, CallDecision, CallOutcome } from './breaker.js';
import { afterCall, afterSign, afterTry, CLOSED, decideCall } from './breaker.js';

/** Whether Redis takes jobs now, as far as this process knows; asking costs nothing. */
export interface RedisGate extends Service {
  /** Whether an add would be sent. Nothing is noted by asking. */
  isOpen(): boolean;
  /** Whether Redis is known not to answer: reads need not wait for it either. */
  isSilent(): boolean;
  /** Decides on an add. Whoever is told `try` makes the one try of this period, and tells how it ended. */
  decideAdd(): CallDecision;
  /** Tells how a call ended. */
  note(outcome: CallOutcome): void;
}

/** What the gate rests on. */
export interface RedisGateParts {
  readonly client: RedisService['client'];
  /** Share of `maxmemory` above which nothing is added, in percent. */
  readonly memoryGuardPercent: number;
  readonly metrics: Pick<Metrics, 'redisMemoryShare'>;
  readonly log: Log;
}

/** How often Redis is asked how full it is, which also tells whether it answers, in ms. */
const LOOK_EVERY_MS = 500;

/** Knows by the connection's state, by how calls ended, and by what Redis says of its memory. */
export function createRedisGate({ client, memoryGuardPercent, metrics, log }: RedisGateParts): RedisGate {
  let breaker: BreakerState = CLOSED;
  let memory: MemoryVerdict['kind'] = 'room';

  function noteMemory({ kind, share }: MemoryVerdict): void {
    metrics.redisMemoryShare.set(share);
    if (kind === memory) return;
    memory = kind;
    const percent = Math.round(share * 100);
    if (kind === 'guarded') log.warn({ percent }, 'Redis is nearly full: jobs are kept out until there is room again');
    else log.info({ percent }, 'Redis has room again');
  }

  const looks = runEvery(
    'redis gate',
    LOOK_EVERY_MS,
    async () => {
      if (client.status !== 'ready') return;
      try {
        noteMemory(judgeMemory(await readMemoryUse(client), memoryGuardPercent));
        breaker = afterSign(breaker);
      } catch {
        // One that does not answer is noticed by those who need it.
      }
    },
    log,
  );
  const mayBeSent = (): boolean => client.status === 'ready' && memory === 'room';

  return {
    ...looks,
    isOpen: () => mayBeSent() && breaker.kind === 'closed',
    isSilent: () => client.status !== 'ready' || (breaker.kind === 'open' && breaker.because === 'silent'),
    decideAdd() {
      if (!mayBeSent()) return 'skip';
      const decision = decideCall(breaker, monotonicMs());
      if (decision === 'try') breaker = afterTry(breaker, monotonicMs());
      return decision;
    },
    note(outcome) {
      if (outcome !== 'done' || breaker.kind === 'open') breaker = afterCall(outcome, monotonicMs());
    },
  };
}
