import { setTimeout as pause } from 'node:timers/promises';
import { createApi } from './api.js';
import type { Fleet } from './fleet.js';
import { createFleetStarter } from './fleet.js';
import { countUnfinishedJobs, readLedger, readMostAtOnce, readMostWorkers } from './ledger.js';
import type { DemoOptions } from './options.js';
import { loadPayloads } from './payloads.js';
import { planJobs } from './plan.js';
import type { DemoReport } from './print.js';
import { reportOf, textOf } from './print.js';
import type { ReceiverProcess } from './receiverProcess.js';
import { startReceiver } from './receiverProcess.js';
import type { DemoSpace } from './space.js';
import { openSpace } from './space.js';
import type { AcceptedJob } from './submit.js';
import { submitJobs } from './submit.js';
import { createTenants, readSecrets } from './tenants.js';
import { createLiveLine, lineOf, look } from './watch.js';

/** When nothing was accepted and nothing has ended for so long, in ms, what is unfinished is a mismatch. */
const STANDSTILL_MS = 60_000;

/** Ctrl-C reaches the whole group of processes: they get this long, in ms, to heed it before they are told again. */
const SELF_STOP_MS = 1_000;

/** Where a demo runs and where it writes. */
export interface DemoSurroundings {
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
  /** Ends the demo early, or a fleet that was kept. */
  readonly stop: AbortSignal;
}

/**
 * The main job from start to end: fleet up, tenants, receiver, submissions, watching, report, fleet down. What it started
 * is gone when it settles, however it settles.
 * @returns whether everything matched
 */
export async function runDemo(options: DemoOptions, surroundings: DemoSurroundings): Promise<boolean> {
  const closers: (() => Promise<void>)[] = [];
  const say = (text: string): void => void (options.json ? surroundings.err : surroundings.out).write(`${text}\n`);
  try {
    const space = await openSpace(surroundings);
    closers.push(() => space.close());
    const starter = createFleetStarter();
    closers.push(() => starter.stop(surroundings.stop.aborted ? SELF_STOP_MS : 0));
    say('Starting a producer, two workers, a scaler and a dashboard');
    const fleet = await Promise.race([starter.start(space.environment), whenAborted(surroundings.stop)]);
    const report = await runJobs({ options, surroundings, space, fleet, closers, say });
    surroundings.out.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : textOf(report));
    if (options.keep) {
      say(urlsOf(fleet, space));
      await whenAborted(surroundings.stop).catch(() => undefined);
    }
    return report.ok;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

interface Run {
  readonly options: DemoOptions;
  readonly surroundings: DemoSurroundings;
  readonly space: DemoSpace;
  readonly fleet: Fleet;
  readonly closers: (() => Promise<void>)[];
  readonly say: (text: string) => void;
}

async function runJobs(run: Run): Promise<DemoReport> {
  const { options, surroundings, space, fleet, say } = run;
  const jobs = planJobs(loadPayloads());
  const work = new AbortController();
  run.closers.push(async () => work.abort());
  const signal = AbortSignal.any([surroundings.stop, work.signal]);
  const api = createApi(fleet.producerUrl, signal);
  const keys = await createTenants(api, space.operatorKey, [...new Set(jobs.map(({ tenantId }) => tenantId))]);
  const receiver = await startReceiver(await readSecrets(api, keys), options.seed);
  run.closers.push(() => receiver.stop());
  say(`Submitting ${jobs.length} webhooks for ${keys.size} tenants; delivering to ${receiver.url}`);
  const accepted: AcceptedJob[] = [];
  const startedAt = performance.now();
  const onAccepted = (job: AcceptedJob): void => void accepted.push(job);
  const submitting = submitJobs(jobs, { api, keys, receiverUrl: receiver.url, onAccepted });
  await Promise.all([submitting, watchUntilDone(run, { planned: jobs.length, accepted, startedAt }, signal)]);
  return gatherReport(space, receiver, accepted, startedAt);
}

interface Progress {
  readonly planned: number;
  readonly accepted: readonly AcceptedJob[];
  readonly startedAt: number;
}

/** Shows a line each second until every planned job has come to its end, or none does any more. */
async function watchUntilDone({ options, surroundings, space }: Run, at: Progress, signal: AbortSignal): Promise<void> {
  const live = createLiveLine(options.json ? surroundings.err : surroundings.out);
  try {
    let least = Number.POSITIVE_INFINITY;
    let movedAt = at.startedAt;
    for (let seconds = 1; performance.now() - movedAt < STANDSTILL_MS; seconds++) {
      await pause(Math.max(0, at.startedAt + seconds * 1_000 - performance.now()), undefined, { signal });
      live.show(lineOf(await look(space.db, space, seconds)));
      // A job that is accepted is half done.
      const left = 2 * (at.planned - at.accepted.length) + (await countUnfinishedJobs(space.db));
      if (left === 0) return;
      if (left < least) {
        least = left;
        movedAt = performance.now();
      }
    }
  } finally {
    live.end();
  }
}

async function gatherReport(
  space: DemoSpace,
  receiver: ReceiverProcess,
  accepted: readonly AcceptedJob[],
  startedAt: number,
): Promise<DemoReport> {
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  const [ledger, mostWorkers, mostAtOnce, receipts] = await Promise.all([
    readLedger(space.db),
    readMostWorkers(space.db),
    readMostAtOnce(space.db),
    receiver.receipts(),
  ]);
  return reportOf({ accepted, ledger, receipts, mostWorkers, mostAtOnce }, seconds);
}

function urlsOf(fleet: Fleet, space: DemoSpace): string {
  return `The fleet stays up until Ctrl-C.

  API          ${fleet.producerUrl}  (its page: ${fleet.producerUrl}/docs)
  dashboard    ${fleet.dashboardUrl}
  operator key ${space.operatorKeyFile}
`;
}

/** Rejects with the signal's reason when it aborts, and not before. */
function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
