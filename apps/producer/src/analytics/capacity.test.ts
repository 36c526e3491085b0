import { describe, expect, it } from 'vitest';
import { busyMsOf, capacityOf } from './capacity.js';

const RANGE = { fromMs: 1_000, stepMs: 100 };

describe('capacityOf', () => {
  it('tells the most slots of each step, and from before the range what was decided last', () => {
    const given = [
      { atMs: 500, slots: 4, isPaused: false },
      { atMs: 900, slots: 2, isPaused: false },
      { atMs: 1_150, slots: 5, isPaused: false },
      { atMs: 1_180, slots: 1, isPaused: false },
    ];
    expect(capacityOf(RANGE, given, [0, 0, 0]).map(({ slots }) => slots)).toEqual([2, 5, 1]);
    expect(capacityOf(RANGE, [], [0]).map(({ slots }) => slots)).toEqual([null]);
  });

  it('lets what holds a tenant back go on while jobs wait, and until its slots are changed', () => {
    const note = { atMs: 1_050, slots: 2, isPaused: true };
    const heldBack = (given: Parameters<typeof capacityOf>[1], waiting: readonly number[]) =>
      capacityOf(RANGE, given, waiting).map((one) => one.heldBack);
    expect(heldBack([note], [3, 3, 0, 3])).toEqual([1, 1, 1, 0]);
    expect(heldBack([note, { atMs: 1_160, slots: 3, isPaused: false }], [3, 3, 3])).toEqual([1, 1, 0]);
    expect(heldBack([note, note], [3])).toEqual([2]);
    expect(heldBack([{ ...note, atMs: 500 }], [3, 3])).toEqual([0, 0]);
  });
});

describe('busyMsOf', () => {
  it('shares an attempt out over the steps in which it ran', () => {
    // Three attempts: from before the range until 1,150; from 1,020 to 1,230; from 1,240 on.
    const changes = [
      { step: -1, running: 1, ms: 0 },
      { step: 0, running: 1, ms: 80 },
      { step: 1, running: -1, ms: -50 },
      { step: 2, running: 0, ms: -70 + 60 },
    ];
    expect(busyMsOf(changes, 4, 100)).toEqual([180, 150, 90, 100]);
  });
});
