import { EventEmitter } from 'node:events';
import type { IQueueBackend } from 'bullmq';
import type { LaneBackends } from './laneBackends.js';
import type { LaneBoard } from './laneBoard.js';
import type { Claim } from './laneState.js';
import type { RefusalGate } from './refusalGate.js';

/** A runner's claim with the BullMQ backend of its lane. */
export interface LaneClaim extends Claim {
  readonly backend: IQueueBackend;
}

/** BullMQ's reply to a worker that fetches a job: data, id, rate limit (ms), due time of the next job (unix ms). */
type Next = [data: unknown, id: string | undefined, limitMs: number, dueMs: number];

/** Retry delay of a lane after a failed claim, in ms. */
const REFUSED_MS = 1_000;

/** Drain delay of a runner's worker, in seconds: it never has to wake on its own, as whoever finds work wakes it. */
export const FOREVER_S = 86_400;

/**
 * Replaces the backend of a BullMQ Worker with a concurrency of 1 so that it runs jobs of many lanes. To claim, it asks
 * the board for the next lane; until that job ends, all calls go to that lane's own backend. A lane's rate limit and
 * due time are reported to the board instead of the worker, which stays free for other lanes.
 */
export class FanIn {
  private claim: LaneClaim | null = null;
  private endWait: (() => void) | null = null;
  private closing = false;

  /**
   * @param idle called when the runner starts to wait for work
   * @param serverNow Redis's time, unix ms
   * @param gate closed while Redis refuses commands
   */
  constructor(
    private readonly board: LaneBoard,
    private readonly backends: LaneBackends,
    private readonly idle: (runner: FanIn) => void,
    private readonly serverNow: () => number,
    private readonly gate: RefusalGate,
  ) {}

  /** The runner's current claim; null when it has none. */
  current(): LaneClaim | null {
    return this.claim;
  }

  /** Ends the wait for work. */
  wake(): void {
    this.endWait?.();
    this.endWait = null;
  }

  /**
   * The backend for the worker. Each has its own emitter: otherwise thousands of listeners would receive every event.
   */
  asBackend(): IQueueBackend {
    const events = new EventEmitter();
    const own: ReadonlyMap<string | symbol, unknown> = new Map(Object.entries(this.overrides()));
    const ofEvents = new Set<string | symbol>(['on', 'once', 'off', 'emit', 'removeListener']);
    return new Proxy(this.backends.root(), {
      get: (_root, name) => {
        const override = own.get(name);
        if (override !== undefined) return override;
        const target = ofEvents.has(name) ? events : this.target();
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  private overrides(): Partial<IQueueBackend> {
    const nothing = async (): Promise<void> => undefined;
    return {
      close: nothing,
      disconnect: nothing,
      setName: nothing,
      reconnectBlocking: nothing,
      minimumBlockTimeout: 0.001,
      maximumBlockTimeout: FOREVER_S,
      disconnectBlocking: async () => this.stopClaiming(),
      waitForJob: () => this.waitForWork(),
      moveToActive: (token, name) => this.claimNext(token, name),
      moveToCompleted: (job, value, remove, token, fetchNext) =>
        this.finish(
          fetchNext,
          (goesOn) => this.target().moveToCompleted(job, value, remove, token, goesOn),
          ({ result }) => result,
        ),
      moveToFailed: (job, reason, remove, token, fetchNext, fields) =>
        this.finish(
          fetchNext,
          (goesOn) => this.target().moveToFailed(job, reason, remove, token, goesOn, fields),
          ({ result }) => result,
        ),
      // The delay counts from Redis's clock: the local clock may be off, and another machine promotes the job.
      moveToDelayed: (jobId, _timestamp, delay, token, options) =>
        this.finish(
          options?.fetchNext ?? false,
          (fetchNext) =>
            this.target().moveToDelayed(jobId, Math.round(this.serverNow()), delay, token, { ...options, fetchNext }),
          // An empty result may also mean that the lane is rate limited: the next claim finds out.
          (result) => (Array.isArray(result) && result.length > 0 ? result : undefined),
        ),
    };
  }

  private target(): IQueueBackend {
    return this.claim?.backend ?? this.backends.root();
  }

  /** BullMQ's worker calls this when it closes. */
  private stopClaiming(): void {
    this.closing = true;
    this.wake();
  }

  private async waitForWork(): Promise<null> {
    this.letGo();
    if (this.closing || (this.gate.isOpen() && this.board.hasWork())) return null;
    await new Promise<void>((resolve) => {
      this.endWait = resolve;
      this.idle(this);
    });
    return null;
  }

  private async claimNext(token: string, name?: string): Promise<Next> {
    this.letGo();
    while (!this.closing && this.gate.isOpen()) {
      const held = this.board.next();
      if (held === null) break;
      const job = await this.claimFrom(held, token, name);
      if (job !== null) return job;
    }
    return [null, undefined, 0, 0];
  }

  private async claimFrom(held: Claim, token: string, name?: string): Promise<Next | null> {
    const backend = this.backends.of(held.lane.name);
    try {
      const next = (await backend.moveToActive(token, name)) as Next;
      this.gate.accepted();
      if (held.ticket.granted !== null && !(await held.ticket.granted)) {
        await putBack(backend, next, token);
        this.board.end(held, { kind: 'unknown' });
        return null;
      }
      if (!next[0]) {
        this.endEmpty(held, next);
        return null;
      }
      this.claim = Object.assign(held, { backend });
      this.board.began(held);
      return [next[0], next[1], 0, 0];
    } catch (error) {
      // Redis may refuse commands (it is full, or a replica): an immediate retry would loop.
      this.board.end(held, { kind: 'empty', limitMs: REFUSED_MS, dueMs: 0 });
      if (this.gate.refused(error)) return null;
      throw error;
    }
  }

  /** Ends a job, fetching the lane's next one if the board allows it. */
  private async finish<Answer>(
    fetchNext: boolean,
    carryOut: (fetchNext: boolean) => Promise<Answer>,
    nextOf: (answer: Answer) => unknown,
  ): Promise<Answer> {
    const held = this.claim;
    const goesOn = fetchNext && !this.closing && held !== null && this.board.mayGoOn(held);
    const answer = await this.untilAccepted(() => carryOut(goesOn));
    const next = nextOf(answer);
    if (held === null || this.claim !== held) return answer;
    if (!goesOn) {
      if (fetchNext) this.letGo();
      return answer;
    }
    if (!Array.isArray(next)) return answer;
    if (next[0]) this.board.began(held);
    else {
      this.claim = null;
      this.endEmpty(held, next as Next);
    }
    next[2] = 0;
    next[3] = 0;
    return answer;
  }

  /**
   * Retries while Redis refuses: the ledger has the outcome already, and the job must not be recovered and inspected
   * again.
   */
  private async untilAccepted<Answer>(carryOut: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      try {
        return await carryOut();
      } catch (error) {
        if (!this.gate.refused(error)) throw error;
        await this.gate.opened();
      }
    }
  }

  private endEmpty(held: Claim, [, , limitMs, dueMs]: Next): void {
    this.board.end(held, {
      kind: 'empty',
      limitMs: Math.max(Number(limitMs) || 0, 0),
      dueMs: Math.max(Number(dueMs) || 0, 0),
    });
  }

  /** Releases the lane after a job whose end reveals nothing about the lane. */
  letGo(): void {
    if (this.claim === null) return;
    const held = this.claim;
    this.claim = null;
    this.board.end(held, { kind: 'unknown' });
  }
}

/** Without a slot the job does not start and returns to its place. If that fails, the stalled check recovers it. */
async function putBack(backend: IQueueBackend, [data, id]: Next, token: string): Promise<void> {
  if (data && id !== undefined) await backend.moveJobFromActiveToWait(id, token);
}
