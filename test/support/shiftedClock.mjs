/*
 * Preloaded into a process (NODE_OPTIONS=--import=...), moves its Date by as many ms as the file at SHIFTED_CLOCK_FILE says,
 * read again and again, so that the clock can jump while the process runs. Timers and performance.now() go on as they are,
 * as they do when an operator sets a machine's clock.
 */
import { readFileSync } from 'node:fs';

/** How soon a change of the file is seen, in ms. */
const READ_EVERY_MS = 20;

const RealDate = globalThis.Date;
const file = process.env.SHIFTED_CLOCK_FILE;

let offsetMs = 0;
let readAtMs = Number.NEGATIVE_INFINITY;

function readOffsetMs() {
  const nowMs = performance.now();
  if (file === undefined || nowMs - readAtMs < READ_EVERY_MS) return offsetMs;
  readAtMs = nowMs;
  try {
    const text = readFileSync(file, 'utf8').trim();
    // A file that is being written may be empty for a moment.
    if (text !== '' && Number.isFinite(Number(text))) offsetMs = Number(text);
  } catch {
    // The test has removed it: the process is about to be ended.
  }
  return offsetMs;
}

function nowMs() {
  return RealDate.now() + readOffsetMs();
}

globalThis.Date = new Proxy(RealDate, {
  construct(target, parts, newTarget) {
    const made = newTarget === globalThis.Date ? target : newTarget;
    return Reflect.construct(target, parts.length === 0 ? [nowMs()] : parts, made);
  },
  apply: () => new RealDate(nowMs()).toString(),
  get: (target, name, receiver) => (name === 'now' ? nowMs : Reflect.get(target, name, receiver)),
});
