import { prepareJob } from '@sluice/fleet/submit/prepareJob';
import type { Place } from '@sluice/fleet/wait/placeWatch';
import type { LaneFacts } from '@sluice/fleet/wait/waitEstimates';
import { jobBodySchema } from '@sluice/shared/contracts/jobs';
import { newId } from '@sluice/shared/ids/ids';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { builtInTasks, createTaskCatalogue } from '@sluice/tasks/internal';
import { describe, expect, it } from 'vitest';
import type { PositionNoticesDeps } from './positionNotices.js';
import { startPositionNotices } from './positionNotices.js';
import type { QueuedNotice } from './queuedNotice.js';

const WHO = { tenantId: 'acme', role: 'member', submitter: null, traceparent: null, priorityRules: null } as const;
const FACTS: LaneFacts = {
  waiting: 3,
  active: 1,
  isServed: true,
  serviceMs: 1_000,
  atATime: 1,
  pausedMs: 0,
  quota: null,
  circuit: null,
};

/** A lane whose places the test reports. */
function openLane(position: Promise<number | null>) {
  const body = jobBodySchema.parse({ task: 'system.probe', data: {} });
  const prepared = prepareJob(
    { ...WHO, id: newId(), recentJobs: 0 },
    body,
    createTaskCatalogue(builtInTasks({ faultTasks: false })),
  );
  const watchers = new Set<(place: Place) => void>();
  const notices: QueuedNotice[] = [];
  const fleet = {
    lanes: { position: () => position },
    estimates: { facts: async () => FACTS },
    places: {
      watch(_lane: unknown, _id: string, told: (place: Place) => void) {
        watchers.add(told);
        return () => watchers.delete(told);
      },
    },
    log: createLogger('test', { level: 'silent' }),
  } as unknown as PositionNoticesDeps;
  const telling = startPositionNotices(fleet, prepared, (notice) => void notices.push(notice));
  function move(to: number | null): void {
    for (const told of watchers) told({ position: to, estimatedWaitMs: 1, estimatedWaitP90Ms: 2, pausedMs: 0 });
  }
  return { telling, notices, watchers, move };
}

/** Resolves once everything that is ready to run has run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('startPositionNotices', () => {
  it('tells the place right after the add, and then each move, and the same place not twice', async () => {
    const { telling, notices, move } = openLane(Promise.resolve(3));
    await settled();
    expect(notices).toMatchObject([
      { position: 3, message: expect.stringMatching(/^Position 3 in queue, ~\d+s wait$/) },
    ]);
    move(3);
    expect(notices).toHaveLength(1);
    move(2);
    move(null);
    expect(notices.map(({ position }) => position)).toEqual([3, 2]);
    telling.stop();
  });

  it('tells once of a request that is over before its place was seen, and nothing behind its end', async () => {
    let see: (position: number) => void = () => undefined;
    const { telling, notices, watchers, move } = openLane(new Promise((resolve) => (see = resolve)));
    telling.atLeastOnce();
    telling.atLeastOnce();
    expect(notices).toMatchObject([{ position: null, estimatedWaitMs: null, estimatedWaitP90Ms: null }]);
    telling.stop();
    see(1);
    await settled();
    move(1);
    expect(notices).toHaveLength(1);
    expect(watchers.size).toBe(0);
  });

  it('watches no more behind the end', async () => {
    const { telling, notices, watchers, move } = openLane(Promise.resolve(2));
    await settled();
    expect(watchers.size).toBe(1);
    telling.stop();
    move(1);
    expect(watchers.size).toBe(0);
    expect(notices).toHaveLength(1);
  });
});
