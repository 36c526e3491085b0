import { ERA_S, epochAt } from '@sluice/shared/domain/priority';
import { describe, expect, it } from 'vitest';
import { passDueAt } from './eras.js';

const TURN_MS = 4_000 * ERA_S * 1_000;

describe('passDueAt', () => {
  it('scores for the next era in the last minute of the one before, and again a minute into it', () => {
    const before = epochAt(TURN_MS - 1);
    const next = before + ERA_S;
    const passes = [-60_001, -60_000, 0, 59_999, 60_000, 86_400_000].map((ms) => passDueAt(TURN_MS + ms).name);
    expect(passes).toEqual([
      `${before}:after`,
      `${next}:before`,
      `${next}:before`,
      `${next}:before`,
      `${next}:after`,
      `${next}:after`,
    ]);
    expect(passDueAt(TURN_MS - 1).epochS).toBe(next);
  });
});
