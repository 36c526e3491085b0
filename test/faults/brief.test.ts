import { describe, expect, it } from 'vitest';
import { BRIEF_ROUNDS } from './brief.js';
import { kindOf } from './soak/draw.js';
import { STRIKES } from './strikes/strikes.js';
import { describeFaults } from './suite.js';

describe('the brief form', () => {
  it('strikes once with each fault', () => {
    const names = BRIEF_ROUNDS.flat().map(({ name }) => name);
    expect(names.sort()).toEqual(STRIKES.map(({ name }) => name).sort());
  });

  it('lets two strike together that touch different things, and alone what measures or loses what Redis held', () => {
    for (const round of BRIEF_ROUNDS) {
      expect(new Set(round.map(({ name }) => kindOf(name))).size).toBe(round.length);
      if (round.some(({ alone, losesRedis }) => alone === true || losesRedis === true)) expect(round).toHaveLength(1);
    }
    const lost = BRIEF_ROUNDS.findIndex((round) => round.some(({ losesRedis }) => losesRedis === true));
    const isKnown = BRIEF_ROUNDS.slice(lost).every(([one]) => one?.losesRedis === true || one?.alone === true);
    expect(isKnown).toBe(true);
  });
});

describeFaults('a fleet in which everything fails', BRIEF_ROUNDS);
