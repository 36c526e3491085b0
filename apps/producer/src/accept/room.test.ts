import { describe, expect, it } from 'vitest';
import { createRoom } from './room.js';

describe('createRoom', () => {
  it('is full by number and by bytes, whichever comes first, and has room again when some leave', () => {
    const room = createRoom({ items: 3, bytes: 100 });
    expect([room.take(40), room.take(40), room.take(40)]).toEqual([true, true, false]);
    expect([room.take(20), room.take(0)]).toEqual([true, false]);
    room.give(40);
    expect([room.take(41), room.take(40)]).toEqual([false, true]);
  });

  it('takes one thing that is larger than everything, alone', () => {
    const room = createRoom({ items: 3, bytes: 100 });
    expect([room.take(500), room.take(1)]).toEqual([true, false]);
    room.give(500);
    expect(room.take(1)).toBe(true);
  });
});
