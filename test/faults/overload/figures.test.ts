import { describe, expect, it } from 'vitest';
import type { Overload } from './figures.js';
import { readFigures } from './figures.js';

const WELL: Overload = {
  saturated: { lastedMs: 10_000, completed: 500, starts: 500 },
  flooded: { lastedMs: 5_000, completed: 230, starts: 235 },
  waitsMs: { calm: [40, 60], saturated: [50], flooded: [90, 110], refused: [4_000] },
  answersMs: { calm: [10], saturated: [10], flooded: [40], refused: [900] },
  backlog: 2_000,
  answers: new Map([['202', 10]]),
  mostMib: new Map([['producer-1', 180]]),
};

describe('an overload', () => {
  it('keeps its bounds when work goes on and neighbours wait little longer', () => {
    const { figures, findings } = readFigures(WELL);
    expect(findings).toEqual([]);
    expect(figures[0]).toBe('capacity 50.0 jobs/s, in the flood 46.0 (92 %), 1.02 starts per job');
  });

  it.each([
    ['less is done', { flooded: { ...WELL.flooded, completed: 224 } }, /useful work fell to 90 %/],
    ['nothing is done', { flooded: { ...WELL.flooded, completed: 0 } }, /useful work fell to 0 %/],
    ['neighbours wait longer', { waitsMs: { ...WELL.waitsMs, flooded: [121] } }, /waited 121 ms \(p99\)/],
    ['neighbours are not served', { waitsMs: { ...WELL.waitsMs, flooded: [] } }, /neighbours waited/],
  ])('is beyond its bounds when %s', (_what, change, finding) => {
    expect(readFigures({ ...WELL, ...change }).findings.join()).toMatch(finding);
  });

  it('calls a wait that nobody notices none', () => {
    const waitsMs = { ...WELL.waitsMs, calm: [10], flooded: [90] };
    expect(readFigures({ ...WELL, waitsMs }).findings).toEqual([]);
  });
});
