import { describe, expect, it } from 'vitest';
import { createWorkerWatch, GONE_AFTER_MS } from './workerWatch.js';

/** A watch with a manual clock and manual heartbeats. */
function room() {
  const now = { ms: 0 };
  const alive = new Set<string>();
  const watch = createWorkerWatch(
    async () => Array.from(alive, (id) => ({ id })),
    () => now.ms,
  );
  return {
    alive,
    watch,
    /** Refreshes every second for this long. */
    async pass(ms: number) {
      for (let end = now.ms + ms; now.ms < end; now.ms += 1_000) await watch.refresh();
      await watch.refresh();
    },
    jump(ms: number) {
      now.ms += ms;
    },
  };
}

describe('the watch over workers', () => {
  it('knows nothing before it looked, and takes nobody for gone before it watched for long', async () => {
    const { watch, pass } = room();
    expect(watch.whereabouts('w1')).toBe('unknown');
    await pass(GONE_AFTER_MS - 1_000);
    expect(watch.whereabouts('w1')).toBe('unknown');
    await pass(1_000);
    expect(watch.whereabouts('w1')).toBe('gone');
  });

  it('waits for a worker that was alive a moment ago, as when Redis is emptied', async () => {
    const { watch, pass, alive } = room();
    alive.add('w1').add('w2');
    await pass(60_000);
    expect(watch.whereabouts('w1')).toBe('alive');
    alive.clear();
    await pass(2_000);
    expect(watch.whereabouts('w1')).toBe('unknown');
    alive.add('w1');
    await pass(GONE_AFTER_MS);
    expect(watch.whereabouts('w1')).toBe('alive');
    expect(watch.whereabouts('w2')).toBe('gone');
  });

  it('begins anew after a pause, in which Redis was away or another led', async () => {
    const { watch, pass, jump } = room();
    await pass(60_000);
    expect(watch.whereabouts('w1')).toBe('gone');
    jump(60_000);
    expect(watch.whereabouts('w1')).toBe('unknown');
    await pass(1_000);
    expect(watch.whereabouts('w1')).toBe('unknown');
    await pass(GONE_AFTER_MS);
    expect(watch.whereabouts('w1')).toBe('gone');
  });
});
