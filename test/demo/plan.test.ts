import { describe, expect, test } from 'vitest';
import { loadPayloads } from './payloads.js';
import { BROKEN_EVENT, planJobs, toBatches } from './plan.js';

describe('planJobs', () => {
  const jobs = planJobs(loadPayloads());

  test('submits every payload three times, once by itself', () => {
    expect(jobs).toHaveLength(987);
    expect(jobs.filter(({ by }) => by === 'single')).toHaveLength(329);
  });

  test('takes the users of a tenant in turn', () => {
    const roles = jobs.filter(({ tenantId }) => tenantId === 'codertocat').map(({ role }) => role);
    expect(roles.slice(0, 5)).toEqual(['owner', 'admin', 'member', 'viewer', 'owner']);
    for (const role of ['owner', 'admin', 'member', 'viewer']) {
      expect(roles.filter((each) => each === role)).toHaveLength(696 / 4);
    }
  });

  test('sends one kind of event to the endpoint that always fails', () => {
    const broken = jobs.filter(({ broken }) => broken);
    expect(broken).toHaveLength(24);
    expect(new Set(broken.map(({ event }) => event))).toEqual(new Set([BROKEN_EVENT]));
  });
});

describe('toBatches', () => {
  const job = (tenantId: string, bytes: number) => ({ tenantId, role: 'owner' as const, bytes });
  const bounds = { maxJobs: 3, maxBytes: 10 };

  test('keeps every job, each batch to one user and within the bounds', () => {
    const jobs = [job('a', 4), job('b', 1), job('a', 4), job('a', 4), job('b', 1), job('b', 1), job('b', 1)];
    const batches = toBatches(jobs, ({ bytes }) => bytes, bounds);
    expect(batches.map((batch) => batch.map(({ tenantId, bytes }) => `${tenantId}${bytes}`).join(' '))).toEqual([
      'a4 a4',
      'b1 b1 b1',
      'a4',
      'b1',
    ]);
  });

  test('gives a job that is too large a batch of its own', () => {
    expect(toBatches([job('a', 99), job('a', 1)], ({ bytes }) => bytes, bounds)).toHaveLength(2);
  });
});
