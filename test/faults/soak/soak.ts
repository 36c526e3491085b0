import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openArena, SMALL } from '../arena.js';
import { createRandom } from '../load/random.js';
import type { RoundReport } from '../round.js';
import { runRound } from '../round.js';
import type { Strike } from '../strikes/scene.js';
import { drawStrikes } from './draw.js';
import { keepEvidence } from './evidence.js';
import type { SoakOptions } from './options.js';
import type { Progress } from './progress.js';

/** How long a store is paused in a soak, in ms. */
const STANDSTILL_MS = 20_000;

/** What a soak needs besides its options. */
export interface SoakSurroundings {
  /** Folder under which evidence is stored. */
  readonly home: string;
  readonly progress: Progress;
  /** Stops the soak early. */
  readonly stop: AbortSignal;
}

/** Result of a soak. */
export interface SoakReport {
  readonly rounds: readonly RoundReport[];
  /** Folder with the evidence of a broken promise; null when none was broken. */
  readonly evidence: string | null;
}

/** Injects faults until the time is up or a promise is broken. */
export async function runSoak(options: SoakOptions, { home, progress, stop }: SoakSurroundings): Promise<SoakReport> {
  const folder = join(home, 'faults', `seed-${options.seed}-${process.pid}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const random = createRandom(options.seed);
  const rounds: RoundReport[] = [];
  let evidence: string | null = null;
  progress.say('starting a fleet and its servers');
  const crew = { producer: 2, worker: 3, scaler: 2 };
  const arena = await openArena({
    ...SMALL,
    crew,
    tenants: 4,
    standstillMs: STANDSTILL_MS,
    measureMs: STANDSTILL_MS,
    seed: options.seed + 1,
    stop,
    folder,
  });
  try {
    const endMs = performance.now() + options.minutes * 60_000;
    const fit = options.strikes.filter((strike) => (strike.unfit?.(arena.scene) ?? null) === null);
    for (const { name } of options.strikes.filter((strike) => !fit.includes(strike))) progress.say(`left out: ${name}`);
    const isOver = (): boolean => (options.each ? rounds.length === fit.length : performance.now() >= endMs);
    const draw = (): readonly Strike[] =>
      options.each ? inOrder(fit).slice(rounds.length, rounds.length + 1) : drawStrikes(random, fit);
    while (!isOver() && !stop.aborted && fit.length > 0 && evidence === null) {
      const strikes = draw();
      const toGo = fit.length - rounds.length;
      const left = options.each ? () => `${toGo} to go` : minutesLeft(endMs);
      progress.begin(rounds.length + 1, strikes, left, arena.load.book.counts);
      const round = await runRound(arena, strikes);
      rounds.push(round);
      progress.end(rounds.length, round);
      if (round.violations.length > 0) {
        await keepEvidence(arena, round, folder);
        evidence = folder;
      }
    }
    return { rounds, evidence };
  } finally {
    await arena.close();
    if (evidence === null) await rm(folder, { recursive: true, force: true });
  }
}

/** Puts faults that lose Redis's data last: after the first one, jobs accepted by Redis alone are no longer checked. */
function inOrder(strikes: readonly Strike[]): readonly Strike[] {
  const [losing, others] = [true, false].map((loses) =>
    strikes.filter(({ losesRedis = false }) => losesRedis === loses),
  );
  return [...(others ?? []), ...(losing ?? [])];
}

function minutesLeft(endMs: number): () => string {
  return () => `${Math.max(0, Math.ceil((endMs - performance.now()) / 60_000))} min left`;
}
