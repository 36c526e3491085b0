import { createLogger } from '@sluice/shared/telemetry/logger';
import { describe, expect, it } from 'vitest';
import { createLaneSet } from './laneSet.js';

const log = createLogger('test', { level: 'silent' });

function trackedLanes(): { open: Parameters<typeof createLaneSet>[2]; state: Map<string, number> } {
  const state = new Map<string, number>();
  return {
    state,
    open: (lane, concurrency) => {
      const name = `${lane.tenantId}.${lane.queueClass}`;
      state.set(name, concurrency);
      return {
        lane,
        setConcurrency: async (next) => {
          state.set(name, next);
        },
        close: async () => {
          state.delete(name);
        },
      };
    },
  };
}

describe('createLaneSet', () => {
  it('runs one slot of a tenant that the scaler has not decided on, and no dead-letter lane', async () => {
    const { open, state } = trackedLanes();
    const lanes = createLaneSet('w1', 1, open, log);
    await lanes.follow({ lanes: ['acme.default', 'acme.dead_letters'], desired: new Map() }, ['w1']);
    expect([...state]).toEqual([['acme.default', 1]]);
  });

  it('resizes with the decision and closes what is gone', async () => {
    const { open, state } = trackedLanes();
    const lanes = createLaneSet('w1', 2, open, log);
    await lanes.follow({ lanes: ['acme.default', 'beta.default'], desired: new Map([['acme', 5]]) }, ['w1']);
    expect(state).toEqual(
      new Map([
        ['acme.default', 10],
        ['beta.default', 2],
      ]),
    );
    await lanes.follow({ lanes: ['acme.default'], desired: new Map([['acme', 1]]) }, ['w1']);
    expect(state).toEqual(new Map([['acme.default', 2]]));
    await lanes.close();
    expect(state.size).toBe(0);
  });

  it('shares every slot out over the live workers exactly once', async () => {
    const workers = ['w1', 'w2', 'w3'];
    const table = {
      lanes: Array.from({ length: 200 }, (_, i) => `tenant-${i}.default`),
      desired: new Map(Array.from({ length: 200 }, (_, i): [string, number] => [`tenant-${i}`, 1 + (i % 5)])),
    };
    const sizes = await Promise.all(
      workers.map(async (worker) => {
        const lanes = createLaneSet(worker, 1, trackedLanes().open, log);
        await lanes.follow(table, workers);
        return lanes.size().slots;
      }),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe([...table.desired.values()].reduce((sum, n) => sum + n, 0));
    expect(Math.min(...sizes)).toBeGreaterThan(100);
  });
});
