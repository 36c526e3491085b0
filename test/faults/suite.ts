import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ArenaOptions } from './arena.js';
import { openArena, SMALL } from './arena.js';
import type { Arena, RoundReport } from './round.js';
import { runRound } from './round.js';
import { keepEvidence } from './soak/evidence.js';
import type { Strike } from './strikes/scene.js';
import { strikeNamed } from './strikes/strikes.js';

/** A Redis of another shape for the fleet of a file. */
export interface GivenRedis {
  readonly options: Pick<ArenaOptions, 'redis'>;
  stop(): Promise<void>;
}

/**
 * A file's faults strike the same fleet, one after the other; the invariants are judged over all of it each time.
 * @param strikes names of faults, or faults of the file's own
 */
export function describeFaults(
  title: string,
  strikes: readonly (string | Strike)[],
  openRedis?: () => Promise<GivenRedis>,
): void {
  describe(title, () => {
    let given: GivenRedis | undefined;
    let arena: Arena & { close(): Promise<void> };
    beforeAll(async () => {
      given = await openRedis?.();
      arena = await openArena({ ...SMALL, seed: 1, ...given?.options });
    }, 240_000);
    afterAll(async () => {
      await arena?.close();
      await given?.stop();
    }, 60_000);

    for (const strike of strikes.map((one) => (typeof one === 'string' ? strikeNamed(one) : one))) {
      it(`keeps every promise through ${strike.name}: ${strike.summary}`, async (context) => {
        const reason = strike.unfit?.(arena.scene) ?? null;
        if (reason !== null) return context.skip(reason);
        const report = await runRound(arena, [strike]);
        tell(report, strike.name);
        if (report.violations.length > 0) await keep(arena, report, strike.name);
        expect(report.violations).toEqual([]);
      }, 400_000);
    }
  });
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
