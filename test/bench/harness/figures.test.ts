import { describe, expect, it } from 'vitest';
import { quantile } from '../../support/quantile.js';
import { jainIndex, largestDeviation } from './fairness.js';
import { commandsBetween } from './redisLoad.js';

describe('quantile', () => {
  it('takes the nearest rank, and nothing of nothing', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([quantile(hundred, 0.5), quantile(hundred, 0.99), quantile(hundred, 1)]).toEqual([50, 99, 100]);
    expect(quantile([], 0.5)).toBeNull();
  });
});

describe('jainIndex', () => {
  it('is 1 for equal shares and 1/n when one has everything', () => {
    expect(jainIndex([5, 5, 5, 5])).toBe(1);
    expect(jainIndex([20, 0, 0, 0])).toBe(0.25);
    expect(jainIndex([0, 0])).toBeNull();
  });
});

describe('largestDeviation', () => {
  it('compares shares with weights, whatever their sums are', () => {
    expect(largestDeviation([10, 20, 30], [1, 2, 3])).toBeCloseTo(0);
    expect(largestDeviation([11, 9], [1, 1])).toBeCloseTo(0.1);
    expect(largestDeviation([], [])).toBeNull();
  });
});

describe('commandsBetween', () => {
  it('counts what happened between two readings, without the reading itself', () => {
    const load = (commands: Record<string, number>) => ({
      commands: new Map(Object.entries(commands)),
      cpuUs: 0,
    });
    const between = commandsBetween(load({ get: 5, info: 1 }), load({ get: 7, info: 2, evalsha: 9, set: 0 }));
    expect(between).toEqual([
      ['evalsha', 9],
      ['get', 2],
    ]);
  });
});
