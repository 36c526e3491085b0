import { setTimeout as pause } from 'node:timers/promises';
import type { Caller, Heard } from '../load/caller.js';
import { canaryOf } from '../load/canary.js';
import type { Ask, PlannedJob } from '../load/plan.js';
import type { SubmitParts } from '../load/submit.js';
import { submitUntilAnswered } from '../load/submit.js';

/** A tenant that submits far more than workers can run and the fleet accepts. */
export interface Flood {
  readonly tenantId: string;
  /** Count of each response, such as `202` or `503`; `silence` for none. */
  readonly answers: ReadonlyMap<string, number>;
  /** Builds a backlog of at least this many jobs; resolves when they are accepted. */
  fill(jobs: number): Promise<void>;
  start(): void;
  /** Stops sending; resolves when every request has a response. */
  stop(): Promise<void>;
}

/** Each client sends one request at a time, with this pause between them, in ms. */
const CLIENTS = [
  { kind: 'single', clients: 12, pauseMs: 10 },
  { kind: 'batch', clients: 2, pauseMs: 50 },
  { kind: 'big', clients: 4, pauseMs: 100 },
  { kind: 'too-big', clients: 4, pauseMs: 50 },
] as const;

/** Duration of an effect, in ms: workers spend most of their time waiting for upstreams. */
const HOLD_MS = 400;

/** Jobs in a batch, and in one that builds a backlog. */
const BATCH = 50;
const FILL_BATCH = 250;

/** A body of big jobs is just below the request limit (1 MiB), each job below the limit of its data. */
const BIG_BATCH = 4;
const BIG_BYTES = 240 * 1_024;

/** Total requests of big jobs: their data ends up on Redis's small disk. */
const MOST_BIG = 24;

/** Above the request limit. */
const TOO_BIG_BYTES = 1_200 * 1_024;

const FILLER = 'x'.repeat(TOO_BIG_BYTES);

/** Prepares a flood; sends nothing yet. @param sinkUrl where effects go */
export function createFlood(parts: SubmitParts, sinkUrl: string): Flood {
  const answers = new Map<string, number>();
  const caller = countAnswers(parts.caller, answers);
  const { tenantId } = caller;
  let made = 0;
  let big = 0;
  let isOn = false;
  let running: Promise<unknown> = Promise.resolve();

  function plan(count: number, fillerBytes = 0): Ask {
    const first = made;
    const jobs = Array.from({ length: count }, (): PlannedJob => {
      const canary = canaryOf(tenantId, made++);
      const payload = { canary, ...(fillerBytes === 0 ? {} : { filler: FILLER.slice(0, fillerBytes) }) };
      const data = { url: `${sinkUrl}/${tenantId}/${canary}/${HOLD_MS}`, payload };
      return { canary, body: { task: 'notifications.webhook', data }, durability: 'ledger', delayMs: 0 };
    });
    return { tenantId, key: `key-${tenantId}-${first}`, kind: count === 1 ? 'single' : 'batch', jobs, givesUp: true };
  }
  const submit = (ask: Ask): Promise<void> => submitUntilAnswered(ask, { ...parts, caller });

  async function send(kind: (typeof CLIENTS)[number]['kind']): Promise<void> {
    if (kind === 'too-big') {
      const body = { task: 'system.probe', data: { note: FILLER } };
      await caller.call(parts.nextFront(), { method: 'POST', path: '/api/v1/jobs', body });
    } else if (kind === 'big' && big++ < MOST_BIG) await submit(plan(BIG_BATCH, BIG_BYTES));
    else await submit(plan(kind === 'batch' ? BATCH : 1));
  }
  async function sendAll({ kind, pauseMs }: (typeof CLIENTS)[number]): Promise<void> {
    while (isOn) {
      await send(kind);
      await pause(pauseMs);
    }
  }
  return {
    tenantId,
    answers,
    async fill(jobs) {
      for (const end = made + jobs; made < end; ) await submit(plan(FILL_BATCH));
    },
    start() {
      isOn = true;
      running = Promise.all(CLIENTS.flatMap((one) => Array.from({ length: one.clients }, () => sendAll(one))));
      running.catch(() => undefined);
    },
    async stop() {
      isOn = false;
      await running;
    },
  };
}

function countAnswers(caller: Caller, answers: Map<string, number>): Caller {
  return {
    ...caller,
    async call(front, request): Promise<Heard> {
      const heard = await caller.call(front, request);
      const name = heard.kind === 'silence' ? heard.kind : String(heard.status);
      answers.set(name, (answers.get(name) ?? 0) + 1);
      return heard;
    },
  };
}
