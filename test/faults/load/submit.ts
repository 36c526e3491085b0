import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { AcceptedFile } from './acceptedFile.js';
import type { Book, Entry } from './book.js';
import type { Caller, Heard } from './caller.js';
import type { Ask } from './plan.js';

/** Dependencies of submitting. */
export interface SubmitParts {
  readonly caller: Caller;
  /** Where to send the next attempt. */
  readonly nextFront: () => string;
  readonly book: Book;
  readonly file: AcceptedFile;
}

/**
 * A client without a response gives up when no client's job has been accepted for this long, in ms; the invariants then
 * find its entry open.
 */
const STANDSTILL_MS = 120_000;

/** Pauses between attempts, in ms: a client follows `Retry-After`, but waits at most the second value. */
const PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 1_000;

const acceptedSchema = z.object({ id: z.string() });
const problemSchema = z.object({ code: z.string() }).catch({ code: 'none' });
const batchSchema = z.object({
  results: z.array(z.object({ status: z.number(), id: z.string().optional(), code: z.string().optional() })),
});

/** Outcome of one job in one response. */
type Verdict =
  | { readonly kind: 'accepted'; readonly id: string }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string }
  | { readonly kind: 'open' };

/** Sends a request until every job of it is accepted or refused for good; always the same body under the same key. */
export async function submitUntilAnswered(ask: Ask, parts: SubmitParts): Promise<void> {
  const entries = parts.book.begin(ask);
  const { counts } = parts.book;
  let moved = { accepted: counts.accepted, atMs: performance.now() };
  while (performance.now() - moved.atMs < STANDSTILL_MS) {
    const heard = await send(ask, parts);
    const verdicts = entries.map((_, index) => verdictOf(ask, heard, index));
    await Promise.all(entries.map((entry, index) => note(entry, verdicts[index] ?? { kind: 'open' }, parts)));
    const isOver = verdicts.every((verdict) => verdict.kind === 'accepted' || isFinal(verdict));
    const isRefusal = heard.kind === 'answer' && verdicts.every(({ kind }) => kind === 'refused');
    if (isOver || (ask.givesUp && isRefusal)) {
      for (const entry of entries) entry.isOpen = false;
      return;
    }
    if (counts.accepted > moved.accepted) moved = { accepted: counts.accepted, atMs: performance.now() };
    const askedMs = heard.kind === 'answer' ? (heard.retryAfterMs ?? PAUSE_MS) : PAUSE_MS;
    await pause(Math.min(askedMs, LONGEST_PAUSE_MS));
  }
}

function send(ask: Ask, { caller, nextFront }: SubmitParts): Promise<Heard> {
  const jobs = ask.jobs.map(({ body }) => body);
  const [path, body] = ask.kind === 'batch' ? ['/api/v1/jobs/batch', { jobs }] : ['/api/v1/jobs', jobs[0]];
  return caller.call(nextFront(), { method: 'POST', path, key: ask.key, body });
}

function verdictOf(ask: Ask, heard: Heard, index: number): Verdict {
  if (heard.kind === 'silence' || heard.status === 408) return { kind: 'open' };
  const { status, body } = heard;
  if (status === 202) return { kind: 'accepted', id: acceptedSchema.parse(body).id };
  if (status !== 207 || ask.kind === 'single') return refusal(status, problemSchema.parse(body).code);
  const result = batchSchema.parse(body).results[index];
  if (result?.status === 202 && result.id !== undefined) return { kind: 'accepted', id: result.id };
  return refusal(result?.status ?? 0, result?.code ?? 'none');
}

/** An earlier attempt still in progress is not a refusal: its outcome is open. */
function refusal(status: number, code: string): Verdict {
  return code === 'idempotency_in_progress' ? { kind: 'open' } : { kind: 'refused', status, code };
}

/** Whether a retry would be useless. */
function isFinal(verdict: Verdict): boolean {
  return verdict.kind === 'refused' && verdict.status < 500 && verdict.status !== 429;
}

async function note(entry: Entry, verdict: Verdict, { book, file }: SubmitParts): Promise<void> {
  switch (verdict.kind) {
    case 'accepted':
      if (entry.ids.length === 0) book.counts.accepted++;
      entry.ids.push(verdict.id);
      await file.add({ id: verdict.id, canary: entry.canary });
      return;
    case 'refused':
      entry.refusals.push({ status: verdict.status, code: verdict.code });
      book.counts.refused++;
      return;
    case 'open':
      entry.unanswered++;
  }
}
