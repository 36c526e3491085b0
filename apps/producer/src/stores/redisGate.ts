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

/**
 * Whether Redis accepts jobs now, as this process last observed; checking is free. A caller that gets `try` notes the
 * outcome.
 */
export interface RedisGate extends Service, AddGate {
  /** Whether Redis is known to be unresponsive, so that reads need not wait for it either. */
  isSilent(): boolean;
  /** Records the outcome of a call. */
  note(outcome: CallOutcome): void;
}

/** Dependencies of the gate. */
export interface RedisGateDeps {
  readonly client: RedisService['client'];
  /** Percentage of `maxmemory` above which nothing is added. */
  readonly memoryGuardPercent: number;
  readonly metrics: Pick<Metrics, 'redisMemoryShare'>;
  readonly log: Log;
}

/** Interval between polls of Redis's memory use, which also show whether it responds, in ms. */
const POLL_EVERY_MS = 500;

/** Decides by the connection's state, the outcome of calls, and the memory use that Redis reports. */
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
        // The next call detects a server that does not respond.
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
