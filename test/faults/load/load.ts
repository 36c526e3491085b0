import { setTimeout as pause } from 'node:timers/promises';
import type { Stand } from '../stand/stand.js';
import type { AcceptedFile } from './acceptedFile.js';
import { openAcceptedFile } from './acceptedFile.js';
import type { Book } from './book.js';
import { createBook } from './book.js';
import type { Caller } from './caller.js';
import { createCaller } from './caller.js';
import { listen } from './listen.js';
import type { PlanSettings } from './plan.js';
import { planAsk, planBurst } from './plan.js';
import type { Random } from './random.js';
import type { Sink } from './sink.js';
import { openSink } from './sink.js';
import { snoop } from './snoop.js';
import { submitUntilAnswered } from './submit.js';
import { makeTenants } from './tenants.js';

/** Options of the load. */
export interface LoadOptions {
  readonly tenants: number;
  /** Clients per tenant, each with one request at a time. */
  readonly clients: number;
  /** Mean pause between two requests of a client, in ms. */
  readonly pauseMs: number;
  /** Share of jobs accepted by Redis alone. */
  readonly redisShare: number;
  /** Jobs that each tenant submits in one request before a fault strikes. */
  readonly burst: number;
  /** Interval between attempts to read another tenant's data, in ms. */
  readonly snoopEveryMs: number;
  readonly random: Random;
  /** Folder for the file of promises. */
  readonly folder: string;
}

/** Clients of several tenants that submit, read and snoop until stopped. */
export interface Load {
  readonly book: Book;
  readonly sink: Sink;
  readonly file: AcceptedFile;
  readonly callers: readonly Caller[];
  start(): void;
  /** Every tenant submits many jobs in one request; resolves when they are accepted. */
  burst(): Promise<void>;
  /** Resolves when every client knows the outcome of its requests. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** Each request's jobs are numbered within their own range of this size. */
const NUMBERS_PER_ASK = 100;

/** Creates the tenants; sends no load yet. */
export async function openLoad(stand: Stand, options: LoadOptions): Promise<Load> {
  const { random } = options;
  const [front = ''] = stand.fronts;
  const tenants = await makeTenants(front, stand.operatorKey, options.tenants);
  const book = createBook();
  const sink = await openSink();
  const file = await openAcceptedFile(`${options.folder}/accepted`);
  const callers = tenants.map(({ id, token }) => createCaller(id, token, book));
  const settings: PlanSettings = { upstreamUrl: sink.url, redisShare: options.redisShare, burst: options.burst };
  let asks = 0;
  let isOn = false;
  let listening = new AbortController();
  let running: Promise<unknown> = Promise.resolve();

  function nextFront(): string {
    return random.pick(stand.fronts);
  }
  async function submitAll(caller: Caller): Promise<void> {
    while (isOn) {
      const ask = planAsk(random, caller.tenantId, asks++ * NUMBERS_PER_ASK, settings);
      await submitUntilAnswered(ask, { caller, nextFront, book, file });
      // A client repeats an accepted request: equivalent to a lost response.
      if (random.chance(0.1)) await submitUntilAnswered(ask, { caller, nextFront, book, file });
      await pause(-Math.log(1 - random.next()) * options.pauseMs);
    }
  }
  async function snoopAlong(): Promise<void> {
    while (isOn) {
      await pause(options.snoopEveryMs);
      if (book.entries.size > 0) await snoop({ callers, nextFront, posts: stand.posts, book, random });
    }
  }
  return {
    book,
    sink,
    file,
    callers,
    start() {
      isOn = true;
      listening = new AbortController();
      const { signal: stop } = listening;
      const listeners = callers.map((caller) => listen({ caller, nextFront, book, stop }));
      const clients = callers.flatMap((caller) => Array.from({ length: options.clients }, () => submitAll(caller)));
      running = Promise.all([...clients, ...listeners, snoopAlong()]);
      running.catch(() => undefined);
    },
    async burst() {
      const submit = (caller: Caller): Promise<void> =>
        submitUntilAnswered(planBurst(random, caller.tenantId, asks++ * NUMBERS_PER_ASK, settings), {
          caller,
          nextFront,
          book,
          file,
        });
      await Promise.all(callers.map(submit));
    },
    async stop() {
      isOn = false;
      listening.abort();
      await running;
    },
    async close() {
      await file.close();
      await sink.close();
    },
  };
}
