import { describe, expect, it } from 'vitest';
import { describeViolations, findViolations } from './check.js';
import type { Facts, LedgerJob } from './facts.js';

const ID = 'job-1';
const CANARY = 'canary-acme-1';

const JOB: LedgerJob = {
  id: ID,
  tenantId: 'acme',
  canary: CANARY,
  task: 'system.fault',
  state: 'completed',
  fence: 2,
  startedAfterMs: 2_001,
  effect: 'once',
};
const ENTRY = {
  canary: CANARY,
  tenantId: 'acme',
  key: 'key-1',
  durability: 'ledger' as const,
  delayMs: 3_000,
  ids: [ID, ID],
  refusals: [],
  unanswered: 1,
  isOpen: false,
};
const HIT = { tenantId: 'acme', canary: CANARY, jobId: ID, attempt: 1, idempotencyKey: 'k', kind: 'once' as const };
const ANSWER = { what: 'is strange', tenantId: 'acme', request: 'GET /', status: 500, body: '' };

/** A run without violations: one job, whose first attempt was lost after its effect. */
const WELL: Facts = {
  accepted: [
    { id: ID, canary: CANARY },
    { id: ID, canary: CANARY },
  ],
  entries: [ENTRY],
  strange: [],
  jobs: [JOB],
  transitions: [
    { jobId: ID, fromState: null, toState: 'accepted', fromFence: null, toFence: 0 },
    { jobId: ID, fromState: 'accepted', toState: 'active', fromFence: 0, toFence: 1 },
    { jobId: ID, fromState: 'active', toState: 'active', fromFence: 1, toFence: 2 },
    { jobId: ID, fromState: 'active', toState: 'completed', fromFence: 2, toFence: 2 },
  ],
  hits: [HIT, { ...HIT, attempt: 2 }],
  rows: new Map(),
  decisions: [
    { tenantId: 'acme', desired: 1, leaderFence: 7 },
    { tenantId: 'acme', desired: 5, leaderFence: 8 },
  ],
  telltales: [],
  pages: [],
  slots: { mostRunning: 10, mostAllowed: 10, amiss: [] },
  overdue: [],
  redisLost: false,
};

const TX = { ...JOB, effect: 'tx' };

describe('a run is found', () => {
  it('to be in order when it was', () => {
    expect(findViolations(WELL)).toEqual([]);
  });

  it.each<[string, string, Partial<Facts>]>([
    ['I1', 'a job that was accepted is nowhere', { jobs: [], hits: [] }],
    ['I1', 'a job that was accepted still waits', { jobs: [{ ...JOB, state: 'queued' }] }],
    ['I1', 'one key gave two ids', { entries: [{ ...ENTRY, ids: [ID, 'job-2'] }] }],
    ['I1', 'a client was never answered', { entries: [{ ...ENTRY, isOpen: true }] }],
    ['I2', 'a row was written twice', { jobs: [TX], rows: new Map([[ID, 2]]) }],
    ['I2', 'a job is completed without its row', { jobs: [TX] }],
    ['I2', 'a row belongs to no job', { rows: new Map([['job-2', 1]]) }],
    ['I2', 'an attempt had its effect twice', { hits: [HIT, HIT] }],
    [
      'I2',
      'a repeated effect had another Idempotency-Key',
      { hits: [HIT, { ...HIT, attempt: 2, idempotencyKey: 'l' }] },
    ],
    ['I2', 'an effect is of an attempt that was never started', { hits: [{ ...HIT, attempt: 3 }] }],
    ['I3', 'one request became two jobs', { jobs: [JOB, { ...JOB, id: 'job-2', effect: null }] }],
    ['I3', 'nobody sent what was done', { entries: [] }],
    ['I3', 'a job is another tenant’s', { jobs: [{ ...JOB, tenantId: 'globex' }] }],
    [
      'I3',
      'what was refused was done',
      { entries: [{ ...ENTRY, ids: [], unanswered: 0, refusals: [{ status: 409, code: 'duplicate_job' }] }] },
    ],
    ['I3', 'a job is under another id than was answered', { entries: [{ ...ENTRY, ids: ['job-2'] }] }],
    ['I3', 'an effect has no job', { hits: [HIT, { ...HIT, jobId: 'job-2' }] }],
    ['I3', 'a job had the effect of another', { hits: [HIT, { ...HIT, attempt: 2, canary: 'canary-acme-2' }] }],
    ['I3', 'a job is completed without its effect', { hits: [] }],
    ['I4', 'an answer told of another tenant', { strange: [{ ...ANSWER, against: 'I4' }] }],
    ['I4', 'a log line holds a payload', { telltales: ['canary-acme-1'] }],
    ['I4', 'a page showed what is of another tenant', { pages: ['/queue shows canary-acme-1 to globex'] }],
    ['I5', 'an answer had a status that none should have', { strange: [{ ...ANSWER, against: 'I5' }] }],
    ['I6', 'a job was not done in time', { overdue: ['job-1 is queued'] }],
    ['I6', 'a job started long before its time', { jobs: [{ ...JOB, startedAfterMs: 1_900 }] }],
    ['I7', 'a tenant ran more than its slots', { slots: { mostRunning: 11, mostAllowed: 10, amiss: [] } }],
    ['I7', 'a lease is of a slot that there is not', { slots: { ...WELL.slots, amiss: ['slot 6'] } }],
    ['I7', 'a leader that was deposed decided', { decisions: [...WELL.decisions].reverse() }],
    ['I7', 'a tenant was to have six slots', { decisions: [{ tenantId: 'acme', desired: 6, leaderFence: 7 }] }],
    [
      'I8',
      'a job that was over went on',
      { transitions: [{ jobId: ID, fromState: 'completed', toState: 'active', fromFence: 2, toFence: 3 }] },
    ],
    [
      'I8',
      'a fence fell',
      { transitions: [{ jobId: ID, fromState: 'active', toState: 'active', fromFence: 2, toFence: 1 }] },
    ],
    [
      'I8',
      'a row vanished',
      { transitions: [{ jobId: ID, fromState: 'queued', toState: null, fromFence: 1, toFence: null }] },
    ],
  ])('to be against %s when %s', (invariant, _what, change) => {
    const found = findViolations({ ...WELL, ...change });
    expect(found.map((violation) => violation.invariant)).toContain(invariant);
  });

  it('to be in order when Redis lost what Redis alone had accepted', () => {
    const facts: Facts = { ...WELL, entries: [{ ...ENTRY, durability: 'redis' }], jobs: [], hits: [], redisLost: true };
    expect(findViolations(facts)).toEqual([]);
    expect(findViolations({ ...facts, redisLost: false })).not.toEqual([]);
  });
});

describe('violations in words', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, n) => ({ invariant: 'I1' as const, what: `job ${n}` }));

  it('are one line each, and nothing when there are none', () => {
    expect(describeViolations(many(2))).toBe('I1: job 0\nI1: job 1');
    expect(describeViolations([])).toBe('');
  });

  it('are ten lines at most', () => {
    expect(describeViolations(many(10)).split('\n').at(-1)).toBe('I1: job 9');
    const lines = describeViolations(many(26_000)).split('\n');
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe('and 25991 more');
  });
});
