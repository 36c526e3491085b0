import { EventEmitter } from 'node:events';
import type { IQueueBackend } from 'bullmq';
import type { LaneBackends } from './laneBackends.js';
import type { LaneBoard } from './laneBoard.js';
import type { Claim } from './laneState.js';
import type { RefusalGate } from './refusalGate.js';

/** A runner's claim with BullMQ's backend of its lane. */
export interface LaneClaim extends Claim {
  readonly backend: IQueueBackend;
}

/** What BullMQ's worker gets when it asks for a job: data, id, rate limit (ms), due time of the next (unix ms). */
type Next = [data: unknown, id: string | undefined, limitMs: number, dueMs: number];

/** A lane whose claim was refused by Redis is tried again after so long, in ms. */
const REFUSED_MS = 1_000;

/** The runner's worker never has to wake by itself: whoever finds work wakes it. In seconds. */
export const FOREVER_S = 86_400;

/**
 * Stands in for the backend of a BullMQ Worker with a concurrency of 1 that runs the jobs of many lanes. To claim, it asks
 * the board for the lane whose turn it is; until that job has ended, everything goes to the lane's own backend. A rate
 * limit or a due time of one lane goes to the board, not to the worker, which is free for the others.
 */
export class FanIn {
  private claim: LaneClaim | null = null;
  private endWait: (() => void) | null = null;
  private closing = false;

  /**
   * @param idle told when the runner waits for work
   * @param serverNow Redis's time, unix ms
   * @param gate closed while Redis refuses
   */
  constructor(
    private readonly board: LaneBoard,
    private readonly backends: LaneBackends,
    private readonly idle: (runner: FanIn) => void,
    private readonly serverNow: () => number,
    private readonly gate: RefusalGate,
  ) {}

  /** What the runner runs now. */
  current(): LaneClaim | null {
    return this.claim;
  }

  /** Ends the wait for work. */
  wake(): void {
    this.endWait?.();
    this.endWait = null;
  }

  /** What the worker uses. It listens to itself alone: thousands of listeners on one backend would hear of every change. */
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
      // From now by Redis's clock: this machine's may be off, and another promotes the job.
      moveToDelayed: (jobId, _timestamp, delay, token, options) =>
        this.finish(
          options?.fetchNext ?? false,
          (fetchNext) =>
            this.target().moveToDelayed(jobId, Math.round(this.serverNow()), delay, token, { ...options, fetchNext }),
          // Here nothing may also mean that a rate limit holds the lane back: the next claim tells.
          (result) => (Array.isArray(result) && result.length > 0 ? result : undefined),
        ),
    };
  }

  private target(): IQueueBackend {
    return this.claim?.backend ?? this.backends.root();
  }

  /** BullMQ's worker asks for this when it closes. */
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
      // Redis refuses (it may be full, or a replica): again at once would be again and again.
      this.board.end(held, { kind: 'empty', limitMs: REFUSED_MS, dueMs: 0 });
      if (this.gate.refused(error)) return null;
      throw error;
    }
  }

  /** Carries out the end of a job, with or without the next of its lane, as the board says. */
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

  /** The ledger has the outcome: a Redis that refuses is told again, so that the job does not come back to be looked at. */
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

  /** Lets go of the lane of a job that has ended in a way that says nothing of the lane. */
  letGo(): void {
    if (this.claim === null) return;
    const held = this.claim;
    this.claim = null;
    this.board.end(held, { kind: 'unknown' });
  }
}

/** The slot was not had: the job has not started, and goes back to its place. One that cannot be is found stalled. */
async function putBack(backend: IQueueBackend, [data, id]: Next, token: string): Promise<void> {
  if (data && id !== undefined) await backend.moveJobFromActiveToWait(id, token);
}
