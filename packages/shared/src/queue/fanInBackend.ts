import { EventEmitter } from 'node:events';
import type { IQueueBackend } from 'bullmq';
import type { LaneBackends } from './laneBackends.js';
import type { Claim, LaneBoard } from './laneBoard.js';

/** A runner's claim with BullMQ's backend of its lane. */
export interface LaneClaim extends Claim {
  readonly backend: IQueueBackend;
}

/** A backend that stands in front of those of all lanes. */
export interface FanIn {
  readonly backend: IQueueBackend;
  /** What the runner runs now. */
  current(): LaneClaim | null;
  /** Ends the wait. */
  wake(): void;
}

/** What BullMQ's worker gets when it asks for a job: data, id, rate limit (ms), due time of the next (unix ms). */
type Next = [data: unknown, id: string | undefined, limitMs: number, dueMs: number];

/** A worker listens to itself alone: thousands of listeners on one shared backend would be told of every change. */
const EVENTS: ReadonlySet<string | symbol> = new Set(['on', 'once', 'off', 'emit', 'removeListener']);

const NOTHING: Next = [null, undefined, 0, 0];

/** The runner's worker never has to wake by itself: whoever finds work wakes it. In seconds. */
export const FOREVER_S = 86_400;

/**
 * The backend of a BullMQ Worker with a concurrency of 1 that runs the jobs of many lanes. To claim, it asks the board for
 * the lane whose turn it is; until that job has ended, everything goes to the lane's own backend. A rate limit or a due
 * time of one lane goes to the board, not to the worker, which is free for the others.
 * @param idle told when the runner waits for work
 */
export function createFanIn(
  board: LaneBoard,
  backends: LaneBackends,
  idle: (fanIn: Pick<FanIn, 'wake'>) => void,
): FanIn {
  let claim: LaneClaim | null = null;
  let endWait: (() => void) | null = null;
  let closing = false;

  /** The job before ended in a way that says nothing of its lane. */
  function letGo(): void {
    if (claim === null) return;
    const held = claim;
    claim = null;
    board.end(held, { kind: 'unknown' });
  }

  async function claimNext(token: string, name?: string): Promise<Next> {
    letGo();
    for (let held = closing ? null : board.next(); held !== null; held = closing ? null : board.next()) {
      const backend = backends.of(held.lane);
      try {
        const next = (await backend.moveToActive(token, name)) as Next;
        if (next[0]) {
          claim = Object.assign(held, { backend });
          board.began(claim);
          return [next[0], next[1], 0, 0];
        }
        endEmpty(held, next);
      } catch (error) {
        board.end(held, { kind: 'unknown' });
        throw error;
      }
    }
    return NOTHING;
  }

  function endEmpty(held: Claim, [, , limitMs, dueMs]: Next): void {
    board.end(held, {
      kind: 'empty',
      limitMs: Math.max(Number(limitMs) || 0, 0),
      dueMs: Math.max(Number(dueMs) || 0, 0),
    });
  }

  function wake(): void {
    endWait?.();
    endWait = null;
  }

  /** Carries out the end of a job, with or without the next of its lane, as the board says. */
  async function finish<Answer>(
    fetchNext: boolean,
    carryOut: (fetchNext: boolean) => Promise<Answer>,
    nextOf: (answer: Answer) => unknown,
  ): Promise<Answer> {
    const held = claim;
    const goesOn = fetchNext && !closing && held !== null && board.mayGoOn(held);
    const answer = await carryOut(goesOn);
    const next = nextOf(answer);
    if (!goesOn || held === null || claim !== held || !Array.isArray(next)) return answer;
    if (next[0]) board.began(held);
    else {
      claim = null;
      endEmpty(held, next as Next);
    }
    next[2] = 0;
    next[3] = 0;
    return answer;
  }

  const events = new EventEmitter();
  const own = {
    close: async () => undefined,
    disconnect: async () => undefined,
    setName: async () => undefined,
    reconnectBlocking: async () => undefined,
    minimumBlockTimeout: 0.001,
    maximumBlockTimeout: FOREVER_S,
    /** BullMQ's worker calls this when it closes. */
    async disconnectBlocking() {
      closing = true;
      wake();
    },
    async waitForJob() {
      letGo();
      if (!closing && !board.hasWork()) {
        await new Promise<void>((resolve) => {
          endWait = resolve;
          idle({ wake });
        });
      }
      return null;
    },
    moveToActive: claimNext,
    moveToCompleted: (job, value, remove, token, fetchNext) =>
      finish(
        fetchNext,
        (goesOn) => target().moveToCompleted(job, value, remove, token, goesOn),
        ({ result }) => result,
      ),
    moveToFailed: (job, reason, remove, token, fetchNext, fields) =>
      finish(
        fetchNext,
        (goesOn) => target().moveToFailed(job, reason, remove, token, goesOn, fields),
        ({ result }) => result,
      ),
    moveToDelayed: (jobId, timestamp, delay, token, options) =>
      finish(
        options?.fetchNext ?? false,
        (fetchNext) => target().moveToDelayed(jobId, timestamp, delay, token, { ...options, fetchNext }),
        (result) => result,
      ),
  } satisfies Partial<IQueueBackend>;

  function target(): IQueueBackend {
    return claim?.backend ?? backends.root;
  }

  return {
    backend: new Proxy(backends.root, {
      get(_root, name) {
        if (Object.hasOwn(own, name)) return own[name as keyof typeof own];
        const backend = EVENTS.has(name) ? events : target();
        const value: unknown = Reflect.get(backend, name, backend);
        return typeof value === 'function' ? value.bind(backend) : value;
      },
    }),
    current: () => claim,
    wake,
  };
}
