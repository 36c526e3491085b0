import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The clock of one or more processes, which a test moves while they run. */
export interface MovableClock {
  /** Environment variables that make a process use this clock. */
  readonly environment: Readonly<Record<string, string>>;
  /** Sets the offset from the machine's clock, in ms; negative is behind. Takes effect within a tenth of a second. */
  moveTo(offsetMs: number): Promise<void>;
  /** Removes its files; call it after the processes have ended. */
  remove(): Promise<void>;
}

/** This file runs as test/support/movableClock.ts and as test/dist/support/movableClock.js. */
const PRELOAD = import.meta.url.replace(/test\/(?:dist\/)?support\/[^/]*$/, 'test/support/shiftedClock.mjs');

/** Creates a clock with this offset, in ms. */
export async function createMovableClock(offsetMs = 0): Promise<MovableClock> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-clock-'));
  const file = join(folder, 'offset');
  async function moveTo(newOffsetMs: number): Promise<void> {
    await writeFile(`${file}.new`, String(newOffsetMs));
    await rename(`${file}.new`, file);
  }
  await moveTo(offsetMs);
  return {
    environment: { NODE_OPTIONS: `--import=${PRELOAD}`, SHIFTED_CLOCK_FILE: file },
    moveTo,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
