import { describe, expect, it } from 'vitest';
import { describeEstimate, seenState } from './waitEstimates.js';

const facts = {
  waiting: 12,
  active: 4,
  isServed: true,
  serviceMs: 200,
  atATime: 4,
  pausedMs: 0,
  quota: null,
  circuit: null,
};
const job = { id: 'a', state: 'queued', priority: 50, dueInMs: 0 } as const;

describe('describeEstimate', () => {
  it('shares the jobs ahead out over the slots of the tenant', () => {
    expect(describeEstimate(job, 12, facts)).toMatchObject({ position: 12, estimatedWaitMs: 600, zone: 'green' });
    expect(describeEstimate(job, 3, { ...facts, serviceMs: null, atATime: 1 })).toMatchObject({
      estimatedWaitMs: 3_000,
    });
  });

  it('tells a job that is not due when it will be, and a running one nothing', () => {
    expect(describeEstimate({ ...job, state: 'delayed', dueInMs: 90_000.4 }, null, facts)).toEqual({
      position: null,
      estimatedWaitMs: 90_000,
      estimatedWaitP90Ms: 90_000,
      zone: 'green',
    });
    expect(describeEstimate({ ...job, state: 'active' }, null, facts)).toMatchObject({ estimatedWaitMs: null });
  });

  it('says nothing of the wait while no worker lives', () => {
    const away = { position: 3, estimatedWaitMs: null, estimatedWaitP90Ms: null, zone: 'green' };
    expect(describeEstimate(job, 3, { ...facts, isServed: false })).toEqual(away);
  });

  it('is vague, and careful, when the lane cannot be seen', () => {
    expect(describeEstimate(job, null, null)).toMatchObject({ position: null, estimatedWaitMs: null, zone: 'yellow' });
  });
});

describe('seenState', () => {
  it('believes the lane where the ledger was not told yet', () => {
    expect(seenState('accepted', { kind: 'waiting', position: 3 })).toBe('queued');
    expect(seenState('accepted', { kind: 'delayed' })).toBe('delayed');
  });

  it('leaves a job accepted that its lane does not hold, or that no one could look for', () => {
    expect(seenState('accepted', { kind: 'elsewhere' })).toBe('accepted');
    expect(seenState('accepted', null)).toBe('accepted');
  });

  it('believes the ledger in everything else', () => {
    expect(seenState('retrying', { kind: 'waiting', position: 1 })).toBe('retrying');
  });
});
