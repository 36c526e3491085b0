import { describe, expect, it } from 'vitest';
import { maxStreamsOfTenant, roomFor } from './streamRoom.js';

describe('maxStreamsOfTenant', () => {
  it('is a quarter of all, at least a hundred, and never more than all', () => {
    expect([8_000, 500, 400, 150, 100, 7, 1].map(maxStreamsOfTenant)).toEqual([2_000, 125, 100, 100, 100, 7, 1]);
  });
});

describe('roomFor', () => {
  it('says whose bound is reached', () => {
    expect(roomFor({ open: 7_999, ofTenant: 1_999 }, 8_000)).toEqual({ kind: 'room' });
    expect(roomFor({ open: 2_000, ofTenant: 2_000 }, 8_000)).toEqual({ kind: 'tenant_full', maxStreams: 2_000 });
    expect(roomFor({ open: 8_000, ofTenant: 2_000 }, 8_000)).toEqual({ kind: 'full' });
  });
});
