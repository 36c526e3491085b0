import { JOB_STATES } from '@sluice/shared/contracts/jobStates';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { behindEntry, comparePlaces, entryOf, readPlace, writePlace } from './feedPlace.js';
import { isLater } from './reportedState.js';
import { readStreamId, writeStreamId } from './streamId.js';

const places = fc.tuple(fc.nat(2 ** 31), fc.nat(50), fc.nat(999_998));
const reported = fc.record({ state: fc.constantFrom(...JOB_STATES), attempt: fc.nat(30) });

describe('places in a feed', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(places, (place) => {
        expect(readPlace(writePlace(place))).toEqual(place);
      }),
    );
  });

  it('are ordered as Redis orders entries, and within an entry by number', () => {
    fc.assert(
      fc.property(places, places, places, (a, b, c) => {
        expect(Math.sign(comparePlaces(a, b))).toBe(-Math.sign(comparePlaces(b, a)) + 0);
        if (comparePlaces(a, b) < 0 && comparePlaces(b, c) < 0) expect(comparePlaces(a, c)).toBeLessThan(0);
        expect(comparePlaces(a, behindEntry(entryOf(a)))).toBeLessThan(0);
      }),
    );
  });
});

describe('ids of events', () => {
  it('say where a reader is and which state was reported to it', () => {
    fc.assert(
      fc.property(places, fc.option(reported), fc.boolean(), (place, state, done) => {
        const id = { place, reported: state, done: done && state !== null };
        expect(readStreamId(writeStreamId(id))).toEqual(id);
        expect(writeStreamId(id).length).toBeLessThanOrEqual(64);
      }),
    );
  });

  it('are nothing but what this fleet writes', () => {
    const bad = [
      '',
      '0',
      '1-1',
      '1-1.1~',
      '1-1.1~none.1',
      '1-1.1~active',
      '1-1.1~active.1.over',
      '-1-1.1',
      '1-1.1\n',
      '9e9-1.1',
    ];
    expect(bad.filter((text) => readStreamId(text) !== null)).toEqual([]);
    fc.assert(fc.property(fc.string(), (text) => void readStreamId(text)));
  });
});

describe('isLater', () => {
  it('orders states, so that nothing is reported twice and nothing goes back', () => {
    fc.assert(
      fc.property(reported, reported, reported, (a, b, c) => {
        expect(isLater(a, a)).toBe(false);
        expect(isLater(a, b) && isLater(b, a)).toBe(false);
        if (isLater(b, a) && isLater(c, b)) expect(isLater(c, a)).toBe(true);
      }),
    );
  });

  it('knows the life of a job that is tried twice', () => {
    const life = [
      { state: 'accepted', attempt: 0 },
      { state: 'queued', attempt: 0 },
      { state: 'active', attempt: 1 },
      { state: 'retrying', attempt: 1 },
      { state: 'queued', attempt: 1 },
      { state: 'active', attempt: 2 },
      { state: 'completed', attempt: 2 },
    ] as const;
    for (const [index, next] of life.entries()) expect(isLater(next, life[index - 1] ?? null)).toBe(true);
    expect(isLater({ state: 'cancelled', attempt: 0 }, { state: 'retrying', attempt: 3 })).toBe(true);
  });
});
