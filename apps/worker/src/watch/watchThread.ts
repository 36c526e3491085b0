import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { monotonicMs, systemClock } from '@sluice/shared/lifecycle/clock';
import { readJobTable } from './jobTable.js';
import type { Watch } from './judgeTick.js';
import { judgeTick, TICK_MS } from './judgeTick.js';

/** Data passed to the watchdog thread. */
export interface WatchData {
  readonly name: string;
  readonly blockedMs: number | null;
  /** A single counter that the watched event loop increments. */
  readonly beats: Int32Array;
  readonly jobs: SharedArrayBuffer | null;
  readonly parentPid: number | null;
}

/** Maximum number of ids in the last log line. */
const MOST_IDS = 100;

/** pino's number for the level `fatal`. */
const FATAL = 60;

const data = workerData as WatchData;
let watch: Watch | null = null;

setInterval(() => {
  if (data.parentPid !== null && process.ppid !== data.parentPid) kill();
  if (data.blockedMs === null) return;
  const seen = { nowMs: monotonicMs(), beat: Atomics.load(data.beats, 0) };
  const verdict = judgeTick(watch, seen, data.blockedMs);
  if (verdict.kind === 'well') {
    watch = verdict.watch;
    return;
  }
  tell(verdict.forMs);
  kill();
}, TICK_MS);

/** A thread's standard streams go through the blocked event loop, so this writes to the file descriptor directly. */
function tell(forMs: number): void {
  const jobs = data.jobs === null ? [] : readJobTable(data.jobs, MOST_IDS);
  const msg = `the event loop stood still for ${Math.round(forMs)} ms: killing the process`;
  try {
    writeSync(
      1,
      `${JSON.stringify({ level: FATAL, time: systemClock.now(), pid: process.pid, name: data.name, jobs, msg })}\n`,
    );
  } catch {
    // Losing the log line must not prevent the kill.
  }
}

function kill(): void {
  process.kill(process.pid, 'SIGKILL');
}
