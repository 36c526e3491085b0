import type { MemoryVerdict } from '@sluice/fleet/domain/memoryGuard';
import { judgeMemory } from '@sluice/fleet/domain/memoryGuard';
import { readMemoryUse } from '@sluice/fleet/redis/commands/memoryUse';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { BreakerState, CallOutcome } from '@sluice/fleet/submit/breaker';
import { afterCall, afterSign, afterTry, CLOSED, decideCall } from '@sluice/fleet/submit/breaker';
import type { AddGate } from '@sluice/fleet/submit/laneAdder';
import { monotonicMs } from '@sluice/shared/lifecycle/clock';
import { runEvery } from '@sluice/shared/lifecycle/runEvery';
import type { Log, Service } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';

/** Whether Redis takes jobs now, as far as this process knows; asking costs nothing. Whoever gets `try` notes how it ended. */
export interface RedisGate extends Service, AddGate {
  /** Whether Redis is known not to answer: reads need not wait for it either. */
  isSilent(): boolean;
  /** Takes note of how a call ended. */
  note(outcome: CallOutcome): void;
}

/** What the gate depends on. */
export interface RedisGateDeps {
  readonly client: RedisService['client'];
  /** Share of `maxmemory` above which nothing is added, in percent. */
  readonly memoryGuardPercent: number;
  readonly metrics: Pick<Metrics, 'redisMemoryShare'>;
  readonly log: Log;
}

/** Interval at which Redis is asked how full it is, which also shows whether it answers, in ms. */
const POLL_EVERY_MS = 500;

/** Knows by the connection's state, by how calls ended, and by what Redis says of its memory. */
export function createRedisGate({ client, memoryGuardPercent, metrics, log }: RedisGateDeps): RedisGate {
  let breaker: BreakerState = CLOSED;
  let memory: MemoryVerdict['kind'] = 'room';

  function noteMemory({ kind, share }: MemoryVerdict): void {
    metrics.redisMemoryShare.set(share);
    if (kind === memory) return;
    memory = kind;
    const percent = Math.round(share * 100);
    if (kind === 'guarded')
      log.warn(
        { component: 'redis_gate', event: 'redis_nearly_full', percent },
        'Redis is nearly full: no jobs are added until memory is freed',
      );
    else
      log.info(
        { component: 'redis_gate', event: 'redis_memory_freed', percent },
        'Redis has free memory again: jobs are added',
      );
  }

  const polling = runEvery(
    'redis gate',
    POLL_EVERY_MS,
    async () => {
      if (client.status !== 'ready') return;
      try {
        noteMemory(judgeMemory(await readMemoryUse(client), memoryGuardPercent));
        breaker = afterSign(breaker);
      } catch {
        // A server that does not answer is noticed by the next call.
      }
    },
    log,
  );
  const mayBeSent = (): boolean => client.status === 'ready' && memory === 'room';

  return {
    ...polling,
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
