import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ArenaOptions } from './arena.js';
import { openArena, SMALL } from './arena.js';
import type { Arena } from './round.js';
import { runRound } from './round.js';
import { strikeNamed } from './strikes/strikes.js';

/** A file's faults strike the same fleet, one after the other; the invariants are judged over all of it each time. */
export function describeFaults(title: string, names: readonly string[], options: Partial<ArenaOptions> = {}): void {
  describe(title, () => {
    let arena: Awaited<ReturnType<typeof openArena>>;
    beforeAll(async () => {
      arena = await openArena({ ...SMALL, seed: 1, ...options });
    }, 120_000);
    afterAll(() => arena?.close(), 60_000);

    for (const name of names) {
      const strike = strikeNamed(name);
      it(`keeps every promise through ${name}: ${strike.summary}`, async (context) => {
        const reason = strike.unfit?.(arena.scene) ?? null;
        if (reason !== null) return context.skip(reason);
        const report = await runRound(arena as Arena, [strike]);
        const recovery = report.recoveryMs === null ? 'never' : `${Math.round(report.recoveryMs)} ms`;
        process.stderr.write(
          `${name}: ${report.jobs} jobs, over ${recovery} after it was mended; in all ${report.seen}\n`,
        );
        expect(report.violations).toEqual([]);
      }, 240_000);
    }
  });
}
