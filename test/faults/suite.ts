import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ArenaOptions } from './arena.js';
import { BRIEF, openArena } from './arena.js';
import { describeViolations } from './invariants/check.js';
import type { Arena, RoundReport } from './round.js';
import { runRound } from './round.js';
import { keepEvidence } from './soak/evidence.js';
import type { Strike } from './strikes/scene.js';

/** A Redis with another topology for a test file's fleet. */
export interface GivenRedis {
  readonly options: Pick<ArenaOptions, 'redis'> & Partial<Pick<ArenaOptions, 'crew'>>;
  stop(): Promise<void>;
}

/** Minimum accepted jobs per round: with fewer the checks prove nothing. */
const LEAST_JOBS = 80;

/** Timeout for a round that hangs, in ms; the round itself fails when progress stops. */
const ROUND_LIMIT_MS = 1_800_000;

/**
 * A file's faults strike the same fleet, one round after the other; each round checks the invariants over all rounds so
 * far.
 * @param rounds the faults that strike together in each round
 */
export function describeFaults(
  title: string,
  rounds: readonly (readonly Strike[])[],
  openRedis?: () => Promise<GivenRedis>,
): void {
  describe(title, () => {
    let given: GivenRedis | undefined;
    let arena: Arena & { close(): Promise<void> };
    beforeAll(async () => {
      given = await openRedis?.();
      arena = await openArena({ ...BRIEF, seed: 1, ...given?.options });
    });
    afterAll(async () => {
      await arena?.close();
      await given?.stop();
    });

    for (const round of rounds) {
      const name = round.map((strike) => strike.name).join(' and ');
      const summary = round.map((strike) => strike.summary).join('; ');
      it(
        `keeps every promise through ${name}: ${summary}`,
        async (context) => {
          const fit = round.filter((strike) => isFit(arena, strike));
          if (fit.length === 0) return context.skip('this machine cannot do it');
          const report = await runRound(arena, fit);
          tell(report, name);
          if (report.violations.length > 0) await keep(arena, report, name.replaceAll(' ', '-'));
          expect(describeViolations(report.violations)).toBe('');
          expect(report.jobs).toBeGreaterThanOrEqual(LEAST_JOBS);
        },
        ROUND_LIMIT_MS,
      );
    }
  });
}

function isFit(arena: Arena, strike: Strike): boolean {
  const reason = strike.unfit?.(arena.scene) ?? null;
  if (reason !== null) process.stderr.write(`${strike.name} is left out: ${reason}\n`);
  return reason === null;
}

function tell({ jobs, recoveryMs, seen, figures, findings }: RoundReport, name: string): void {
  const recovery = recoveryMs === null ? 'never' : `${Math.round(recoveryMs)} ms`;
  const lines = [
    `${name}: ${jobs} jobs, over ${recovery} after it was mended; in all ${seen}`,
    ...figures.map((line) => `  ${line}`),
    ...findings.map((line) => `  beyond its bound, on this machine now: ${line}`),
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
}

async function keep(arena: Arena, report: RoundReport, name: string): Promise<void> {
  const folder = join(process.env.SLUICE_HOME ?? tmpdir(), 'faults', name);
  await mkdir(folder, { recursive: true });
  await keepEvidence(arena, report, folder);
  process.stderr.write(`what shows how a promise was broken is in ${folder}\n`);
}
