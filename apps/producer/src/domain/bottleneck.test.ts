import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WorkObserved } from './bottleneck.js';
import { BOTTLENECKS, findBottleneck } from './bottleneck.js';

const CALM: WorkObserved = {
  completed: 100,
  failed: 2,
  deferred: 0,
  waitP90Ms: 20,
  serviceP90Ms: 300,
  busyShare: 0.3,
  heldBack: 0,
  waiting: 0,
};
const BUSY = { waitP90Ms: 45_000, busyShare: 0.97, waiting: 80 };

describe('findBottleneck', () => {
  it.each<[string, Partial<WorkObserved>, string]>([
    ['jobs start without a wait', {}, 'none'],
    ['nothing happened', { completed: 0, failed: 0, waitP90Ms: null, serviceP90Ms: null, busyShare: null }, 'none'],
    ['all slots are busy and jobs wait', BUSY, 'slots'],
    ['slots are held for long', { ...BUSY, serviceP90Ms: 60_000 }, 'slow-tasks'],
    ['attempts mostly fail, whatever else', { ...BUSY, failed: 150, heldBack: 3 }, 'failures'],
    ['a quota holds jobs back that wait', { ...BUSY, heldBack: 1, busyShare: 0.1 }, 'quota'],
    ['upstreams ask to wait', { ...BUSY, deferred: 40 }, 'upstream'],
    ['jobs waited while slots were idle', { waitP90Ms: 45_000 }, 'none'],
    ['a quota held something back that nobody waits for', { heldBack: 1 }, 'none'],
  ])('when %s', (_when, seen, kind) => {
    expect(findBottleneck({ ...CALM, ...seen }).kind).toBe(kind);
  });

  it('says the figures that it rests on', () => {
    expect(findBottleneck({ ...CALM, ...BUSY }).because).toBe(
      'All slots were 97 % busy and one in ten waited 45 s or longer.',
    );
  });

  it('has a word and a sentence for whatever is seen', () => {
    const count = fc.nat(1_000);
    const ms = fc.option(fc.double({ min: 0, max: 1e9, noNaN: true }));
    const share = fc.option(fc.double({ min: 0, max: 1, noNaN: true }));
    const seen = fc.record<WorkObserved>({
      completed: count,
      failed: count,
      deferred: count,
      waitP90Ms: ms,
      serviceP90Ms: ms,
      busyShare: share,
      heldBack: count,
      waiting: count,
    });
    fc.assert(
      fc.property(seen, (one) => {
        const { kind, because } = findBottleneck(one);
        expect(BOTTLENECKS).toContain(kind);
        expect(because).toMatch(/^[A-Z0-9].*\.$/);
        expect(because).not.toMatch(/NaN|null|Infinity/);
      }),
    );
  });
});
