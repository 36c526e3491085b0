import { describe, expect, it, vi } from 'vitest';
import { createLeaderElection } from './leaderElection.js';

const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };

/** A store with scripted replies, and a manual clock. */
function setUp() {
  const state = { fence: 1, nowMs: 0, asked: [] as number[], away: false, silent: false };
  const gained = vi.fn();
  const lost = vi.fn();
  const lead = createLeaderElection({
    async ask(leaseMs) {
      state.asked.push(leaseMs);
      if (state.away) throw new Error('away');
      if (state.silent) return new Promise<number>(() => undefined);
      return leaseMs === 0 ? 0 : state.fence;
    },
    leaseMs: 9_000,
    monotonicMs: () => state.nowMs,
    gained,
    lost,
    log,
  });
  const ask = async (): Promise<void> => {
    const before = state.asked.length;
    lead.hurry();
    await vi.waitFor(() => expect(state.asked.length).toBeGreaterThan(before));
    await Promise.resolve();
  };
  return { state, lead, gained, lost, ask };
}

describe('createLeaderElection', () => {
  it('leads under the fence that it was given, and gives the lead back when it stops', async () => {
    const { state, lead, gained, lost } = setUp();
    await lead.start();
    await vi.waitFor(() => expect(lead.current()?.fence).toBe(1));
    expect(gained).toHaveBeenCalledOnce();
    await lead.stop(AbortSignal.timeout(1_000));
    expect(state.asked.at(-1)).toBe(0);
    expect(lead.current()).toBeNull();
    expect(lost).toHaveBeenCalledOnce();
  });

  it('does not give back what it never had', async () => {
    const { state, lead } = setUp();
    state.fence = 0;
    await lead.start();
    await vi.waitFor(() => expect(state.asked).toEqual([9_000]));
    await lead.stop(AbortSignal.timeout(1_000));
    expect(state.asked).not.toContain(0);
  });

  it('stops to lead before its lease ends when the store does not answer', async () => {
    const { state, lead, ask } = setUp();
    await lead.start();
    await vi.waitFor(() => expect(lead.current()).not.toBeNull());
    const leadership = lead.current();
    state.away = true;
    state.nowMs = 7_999;
    await ask();
    expect(leadership?.holds()).toBe(true);
    state.nowMs = 8_000;
    expect(leadership?.holds()).toBe(false);
    expect(lead.current()).toBeNull();
    state.away = false;
    await lead.stop(AbortSignal.timeout(1_000));
  });

  it('does not wait for a store that never answers when it stops', async () => {
    const { lead, state } = setUp();
    await lead.start();
    await vi.waitFor(() => expect(lead.current()).not.toBeNull());
    state.silent = true;
    const stopped = vi.fn();
    const stopping = lead.stop(new AbortController().signal).then(stopped);
    await vi.waitFor(() => expect(stopped).toHaveBeenCalledOnce(), 20_000);
    await stopping;
  });

  it('takes a new fence for a new leadership: the old one holds no more', async () => {
    const { state, lead, lost, gained, ask } = setUp();
    await lead.start();
    await vi.waitFor(() => expect(lead.current()).not.toBeNull());
    const old = lead.current();
    state.fence = 3;
    await ask();
    await vi.waitFor(() => expect(lead.current()?.fence).toBe(3));
    expect(old?.holds()).toBe(false);
    expect(lost).toHaveBeenCalledOnce();
    expect(gained).toHaveBeenCalledTimes(2);
    await lead.stop(AbortSignal.timeout(1_000));
  });
});
