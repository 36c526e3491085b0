import type { Log } from '@sluice/shared/lifecycle/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRefusalGate } from './refusalGate.js';

const OOM = new Error("OOM command not allowed when used memory > 'maxmemory'.");

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function openGate() {
  const lines: { readonly suppressed: number }[] = [];
  const keep = (fields: object): void => void lines.push(fields as { suppressed: number });
  const log: Log = { debug: () => undefined, info: () => undefined, warn: keep, error: keep };
  const reopened = vi.fn();
  return { gate: createRefusalGate(reopened, () => Date.now(), log), lines, reopened };
}

describe('the refusal gate', () => {
  it('stays open for whatever is no refusal', () => {
    const { gate } = openGate();
    expect(gate.refused(new Error('Connection is closed.'))).toBe(false);
    expect(gate.isOpen()).toBe(true);
  });

  it('closes for longer each time that Redis refuses, and for a short while again once Redis did as asked', () => {
    const { gate, reopened } = openGate();
    const pausesMs: number[] = [];
    const refuse = (): void => {
      const sinceMs = Date.now();
      expect(gate.refused(OOM)).toBe(true);
      while (!gate.isOpen()) vi.advanceTimersByTime(100);
      pausesMs.push(Date.now() - sinceMs);
    };
    for (let i = 0; i < 7; i++) refuse();
    expect(pausesMs).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    expect(reopened).toHaveBeenCalledTimes(7);
    gate.accepted();
    refuse();
    expect(pausesMs.at(-1)).toBe(500);
  });

  it('tells once in ten seconds, with the number of refusals in between, however many there are', () => {
    const { gate, lines } = openGate();
    for (let ms = 0; ms < 30_000; ms += 10) {
      gate.refused(OOM);
      vi.advanceTimersByTime(10);
    }
    expect(lines.length).toBe(3);
    expect(lines[1]?.suppressed).toBe(999);
  });

  it('lets those who wait for it go on when it opens, and when it ends', async () => {
    const { gate } = openGate();
    gate.refused(OOM);
    const waits = gate.opened();
    vi.advanceTimersByTime(500);
    await waits;
    gate.refused(OOM);
    const waitsAgain = gate.opened();
    gate.end();
    await waitsAgain;
    expect(gate.refused(OOM)).toBe(false);
  });
});
