import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTerminal, JOB_STATES, TERMINAL_STATES, WAITING_STATES } from './jobStates.js';
import { jobBatchBodySchema, jobBodySchema, jobListQuerySchema, MAX_DELAY_MS } from './jobs.js';

const least = { task: 'system.probe', data: {} };

describe('job states', () => {
  it('are each waiting, active or terminal, and only one of these', () => {
    for (const state of JOB_STATES) {
      const kinds = [(WAITING_STATES as readonly string[]).includes(state), state === 'active', isTerminal(state)];
      expect(kinds.filter(Boolean), state).toHaveLength(1);
    }
    expect(WAITING_STATES.length + TERMINAL_STATES.length + 1).toBe(JOB_STATES.length);
  });
});

describe('jobBodySchema', () => {
  it('fills in the middle priority and the durable way', () => {
    expect(jobBodySchema.parse(least)).toEqual({ ...least, priority: 50, durability: 'ledger' });
  });

  it('takes each number up to its bounds and not beyond', () => {
    const bounds = { priority: [0, 100], delayMs: [0, MAX_DELAY_MS], attempts: [1, 25], timeoutMs: [100, 3_600_000] };
    for (const [name, [min = 0, max = 0]] of Object.entries(bounds)) {
      const takes = (value: unknown): boolean => jobBodySchema.safeParse({ ...least, [name]: value }).success;
      expect([min, max].map(takes), name).toEqual([true, true]);
      expect([min - 1, max + 1, min + 0.5, Number.NaN, String(min), null].some(takes), name).toBe(false);
    }
  });

  it("passes none of BullMQ's own options on", () => {
    for (const option of ['jobId', 'lifo', 'removeOnComplete', 'backoff', 'repeat', 'parent', 'delay']) {
      expect(jobBodySchema.safeParse({ ...least, [option]: 1 }).success, option).toBe(false);
    }
  });

  it('never throws, whatever JSON it is given', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        jobBodySchema.safeParse(body);
      }),
    );
  });
});

describe('jobBatchBodySchema', () => {
  it('takes 1 to 1,000 jobs', () => {
    const takes = (count: number): boolean =>
      jobBatchBodySchema.safeParse({ jobs: new Array<object>(count).fill(least) }).success;
    expect([0, 1, 1_000, 1_001].map(takes)).toEqual([false, true, true, false]);
  });
});

describe('jobListQuerySchema', () => {
  it('reads its numbers and times from text', () => {
    const query = { limit: '200', since: '2026-01-02T03:04:05+02:00', state: 'dead' };
    expect(jobListQuerySchema.parse(query)).toEqual({ ...query, limit: 200 });
    expect(jobListQuerySchema.parse({}).limit).toBe(50);
  });

  it('refuses a limit, a time, a cursor or a state that it cannot use', () => {
    const bad = [
      { limit: '0' },
      { limit: '201' },
      { limit: 'x' },
      { since: 'now' },
      { cursor: '1' },
      { state: 'done' },
    ];
    for (const query of bad) expect(jobListQuerySchema.safeParse(query).success, JSON.stringify(query)).toBe(false);
  });
});
