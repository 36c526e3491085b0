import { z } from 'zod';
import type { DemoSurroundings } from '../demo.js';
import { createFleetStarter } from '../fleet.js';
import type { DemoOptions } from '../options.js';
import { openSpace } from '../space.js';
import { askReport, REPORT } from './askReport.js';
import { startGa4Server } from './ga4Process.js';
import type { QuotaReport } from './quotaReport.js';
import { quotaReportOf, quotaTextOf } from './quotaReport.js';

/** Users that ask at once, and the quota that they share. */
const USERS = 10;
const QUOTA = { callsPerWindow: 5, windowMs: 20_000 };

const TENANT = 'acme';

/** Ctrl-C reaches the whole group of processes: they get this long, in ms, to heed it before they are told again. */
const SELF_STOP_MS = 1_000;

/**
 * Ten users of one tenant ask for GA4 reports at once, with a quota of five calls: five are answered at once, five wait in
 * the queue and see where. What it started is gone when it settles.
 * @returns whether all got their report so
 */
export async function runQuotaDemo(options: DemoOptions, surroundings: DemoSurroundings): Promise<boolean> {
  const closers: (() => Promise<void>)[] = [];
  const progress = options.json ? surroundings.err : surroundings.out;
  const say = (text: string): void => void progress.write(`${text}\n`);
  try {
    const space = await openSpace(surroundings);
    closers.push(() => space.close());
    // One more than is asked for: after an answer that leaves nothing, a property is left alone for the rest of the real hour.
    const ga4 = await startGa4Server(QUOTA.callsPerWindow + 1, QUOTA.windowMs);
    closers.push(() => ga4.stop());
    const starter = createFleetStarter();
    closers.push(() => starter.stop(surroundings.stop.aborted ? SELF_STOP_MS : 0));
    say('Starting a producer, two workers, a scaler, a dashboard and a local server that speaks the protocol of GA4');
    const environment = {
      ...space.environment,
      GA4_ENDPOINT: ga4.url,
      SLOT_CONCURRENCY: '5',
      // On a slow machine the first call, which loads Google's client, takes longer than a producer usually waits.
      GA4_DIRECT_WAIT_MS: '15000',
    };
    const stopped = whenAborted(surroundings.stop);
    const fleet = await Promise.race([starter.start(environment), stopped]);
    const report = await Promise.race([askAll(fleet.producerUrl, space.operatorKey, say), stopped]);
    surroundings.out.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : quotaTextOf(report));
    if (options.keep) {
      say(`The fleet stays up until Ctrl-C: ${fleet.producerUrl}/docs, operator key in ${space.operatorKeyFile}`);
      await stopped.catch(() => undefined);
    }
    return report.ok;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function askAll(url: string, operatorKey: string, say: (line: string) => void): Promise<QuotaReport> {
  const operate = async (method: string, path: string, body: unknown): Promise<unknown> => {
    const headers = { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/api/v1/admin/${path}`, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  };
  await operate('POST', 'tenants', { id: TENANT, ga4Properties: [REPORT.propertyId] });
  await operate('PUT', `tenants/${TENANT}/limits`, { upstreams: { ga4: { ...QUOTA, callsAtATime: 5 } } });
  const names = Array.from({ length: USERS }, (_, index) => `user${index + 1}`);
  const keys = await Promise.all(
    names.map(async (userId) => {
      const made = await operate('POST', `tenants/${TENANT}/keys`, { role: 'member', userId });
      return z.object({ key: z.string() }).parse(made).key;
    }),
  );
  say(
    `${USERS} users of one tenant ask for a report at once; its quota is ${QUOTA.callsPerWindow} calls in ${QUOTA.windowMs / 1_000} s`,
  );
  const stories = await Promise.all(names.map((user, i) => askReport({ user, url, key: keys[i] ?? '', say })));
  return quotaReportOf(stories, QUOTA);
}

/** Rejects with the signal's reason when it aborts, and not before. */
function whenAborted(signal: AbortSignal): Promise<never> {
  const aborted = new Promise<never>((_, reject) => {
    const end = (): void => reject(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
  aborted.catch(() => undefined);
  return aborted;
}
