import { describe, expect, it } from 'vitest';
import type { PacedOwner } from './pacing.js';
import { createPacing } from './pacing.js';

const OWNER: PacedOwner = { tenant: 'acme', upstream: 'ga4', retry: { baseMs: 2_000, capMs: 60_000 } };

describe('createPacing', () => {
  it('waits twice as long each time that the upstream names no time, up to the bound, until it answers', () => {
    let nowMs = 1_000_000;
    const pacing = createPacing(() => nowMs);
    const waits = Array.from({ length: 7 }, () => {
      const waitMs = pacing.paced(OWNER, nowMs, null);
      nowMs += waitMs + 1;
      return waitMs;
    });
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    pacing.answered(OWNER);
    expect(pacing.paced(OWNER, nowMs, null)).toBe(2_000);
  });

  it('waits as long as the upstream asks for, at most an hour', () => {
    const pacing = createPacing(() => 0);
    expect([7_000, 0, 9_000_000].map((askedMs) => pacing.paced(OWNER, 0, askedMs))).toEqual([7_000, 1, 3_600_000]);
    expect(pacing.paced(OWNER, 0, Number.NaN)).toBe(2_000);
  });

  it('counts calls that were under way together as one time', () => {
    let nowMs = 5_000;
    const pacing = createPacing(() => nowMs);
    const startedMs = nowMs;
    nowMs += 100;
    expect([1, 2, 3].map(() => pacing.paced(OWNER, startedMs, null))).toEqual([2_000, 2_000, 2_000]);
    nowMs += 2_000;
    expect(pacing.paced(OWNER, nowMs, null)).toBe(4_000);
  });

  it('begins anew after a long quiet, and knows tenants apart', () => {
    let nowMs = 5_000;
    const pacing = createPacing(() => nowMs);
    pacing.paced(OWNER, nowMs, null);
    expect(pacing.paced({ ...OWNER, tenant: 'other' }, nowMs, null)).toBe(2_000);
    nowMs += 120_001;
    expect(pacing.paced(OWNER, nowMs, null)).toBe(2_000);
  });
});
