import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runEvery } from './runEvery.js';
import type { Log } from './service.js';

const never = new AbortController().signal;

function recordingLog(): Log & { readonly warnings: object[] } {
  const warnings: object[] = [];
  const ignore = (): void => undefined;
  return { warnings, debug: ignore, info: ignore, error: ignore, warn: (fields) => warnings.push(fields) };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('runEvery', () => {
  it('runs the step at once, and again each time the interval after the last one ended', async () => {
    let runs = 0;
    const loop = runEvery('loop', 1_000, async () => void runs++, recordingLog());
    await loop.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(runs).toBe(1);
    await vi.advanceTimersByTimeAsync(999);
    expect(runs).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(runs).toBe(2);
    await loop.stop(never);
  });

  it('never runs two steps at a time, and goes on once more when it was hurried during a step', async () => {
    const ends: (() => void)[] = [];
    const loop = runEvery('loop', 1_000, () => new Promise<void>((resolve) => ends.push(resolve)), recordingLog());
    await loop.start();
    loop.hurry();
    loop.hurry();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(ends).toHaveLength(2);
    ends[1]?.();
    await vi.advanceTimersByTimeAsync(999);
    expect(ends).toHaveLength(2);
    const stopped = loop.stop(never);
    await stopped;
  });

  it('runs at once when it is hurried during its pause', async () => {
    let runs = 0;
    const loop = runEvery('loop', 60_000, async () => void runs++, recordingLog());
    await loop.start();
    await vi.advanceTimersByTimeAsync(0);
    loop.hurry();
    await vi.advanceTimersByTimeAsync(0);
    expect(runs).toBe(2);
    await loop.stop(never);
  });

  it('tries a step that throws again at its next time, and says so once in ten seconds', async () => {
    const log = recordingLog();
    let runs = 0;
    const step = async (): Promise<void> => {
      runs++;
      throw new Error('refused');
    };
    const loop = runEvery('loop', 1_000, step, log);
    await loop.start();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(runs).toBe(3);
    expect(log.warnings).toHaveLength(1);
    await loop.stop(never);
  });

  it('stops only when the step that is under way has ended, and tells it by its signal', async () => {
    const log = recordingLog();
    const seen: string[] = [];
    const step = (signal: AbortSignal): Promise<void> =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          seen.push('told');
          setTimeout(() => reject(new Error('given up')), 500);
        });
      });
    const loop = runEvery('loop', 1_000, step, log);
    await loop.start();
    const stopped = loop.stop(never).then(() => seen.push('stopped'));
    await vi.advanceTimersByTimeAsync(499);
    expect(seen).toEqual(['told']);
    await vi.advanceTimersByTimeAsync(1);
    await stopped;
    expect(seen).toEqual(['told', 'stopped']);
    expect(log.warnings).toEqual([]);
  });

  it('leaves no timer behind, and runs no step after it was stopped', async () => {
    let runs = 0;
    const loop = runEvery('loop', 1_000, async () => void runs++, recordingLog());
    await loop.stop(never);
    await loop.start();
    await loop.start();
    await vi.advanceTimersByTimeAsync(0);
    await loop.stop(never);
    await loop.stop(never);
    expect(vi.getTimerCount()).toBe(0);
    loop.hurry();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(runs).toBe(1);
  });

  it('can be started again after it was stopped', async () => {
    let runs = 0;
    const loop = runEvery('loop', 1_000, async () => void runs++, recordingLog());
    await loop.start();
    await vi.advanceTimersByTimeAsync(0);
    await loop.stop(never);
    await loop.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(runs).toBe(2);
    await loop.stop(never);
  });
});
