import { setTimeout as pause } from 'node:timers/promises';
import type { Post } from '../stand/stand.js';
import type { Book } from './book.js';
import type { Caller } from './caller.js';
import { foreignCanary } from './canary.js';
import type { Random } from './random.js';

/** Dependencies of snooping. */
export interface SnoopParts {
  readonly callers: readonly Caller[];
  readonly nextFront: () => string;
  readonly posts: readonly Post[];
  readonly book: Book;
  readonly random: Random;
}

/** A tenant's own pages; every response is checked. */
const OWN_PAGES = ['/api/v1/jobs?limit=50', '/api/v1/dead-letters', '/api/v1/queue'];

/** Calls on another tenant's job, which must all respond that it does not exist. */
const FOREIGN_CALLS = [
  ['GET', ''],
  ['GET', '/result'],
  ['DELETE', ''],
  ['POST', '/retry'],
] as const;

/** Reads a tenant's own pages, another tenant's job by every route, and the metrics of a process, once each. */
export async function snoop(parts: SnoopParts): Promise<void> {
  const { random, callers, nextFront } = parts;
  const caller = random.pick(callers);
  await caller.call(nextFront(), { method: 'GET', path: random.pick(OWN_PAGES) });
  await tryForeignJob(caller, parts);
  await cancelOwn(caller, parts);
  await readMetrics(parts);
  await pause(200);
}

async function tryForeignJob(caller: Caller, { random, book, nextFront }: SnoopParts): Promise<void> {
  const entry = random.pick([...book.entries.values()].slice(-100));
  const [id] = entry?.ids ?? [];
  if (id === undefined || entry.tenantId === caller.tenantId) return;
  const [method, rest] = random.pick(FOREIGN_CALLS);
  const path = `/api/v1/jobs/${id}${rest}`;
  const heard = await caller.call(nextFront(), { method, path });
  if (heard.kind === 'silence' || heard.status === 404 || heard.status === 503) return;
  const request = `${method} ${path}`;
  const what = `tells of the job of ${entry.tenantId}`;
  book.note({
    against: 'I4',
    what,
    tenantId: caller.tenantId,
    request,
    status: heard.status,
    body: JSON.stringify(heard.body),
  });
}

/** Cancels some jobs, whatever state they are in. */
async function cancelOwn(caller: Caller, { random, book, nextFront }: SnoopParts): Promise<void> {
  const entry = [...book.entries.values()].slice(-20).find(({ tenantId }) => tenantId === caller.tenantId);
  const [id] = entry?.ids ?? [];
  if (id === undefined || !random.chance(0.5)) return;
  await caller.call(nextFront(), { method: 'DELETE', path: `/api/v1/jobs/${id}` });
}

async function readMetrics({ posts, book, random }: SnoopParts): Promise<void> {
  const { member } = random.pick(posts);
  const url = member.url();
  if (url === null) return;
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
  const text = await answer?.text().catch(() => '');
  if (answer === null || text === undefined || foreignCanary(text, null) === null) return;
  const request = `GET /metrics of ${member.name}`;
  book.note({
    against: 'I4',
    what: 'holds a canary',
    tenantId: null,
    request,
    status: answer.status,
    body: text.slice(0, 500),
  });
}
