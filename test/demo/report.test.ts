import type { JobState } from '@sluice/shared/contracts/jobStates';
import { describe, expect, test } from 'vitest';
import { reportOf, textOf } from './print.js';
import type { Evidence } from './report.js';
import { findMismatches, percentile, tableOf } from './report.js';

const settled = (id: string, state: JobState, over: { starts?: number; waitMs?: number; tenantId?: string } = {}) => ({
  id,
  tenantId: 'acme',
  state,
  starts: 1,
  waitMs: 10,
  ...over,
});
const promised = (id: string, over: { broken?: boolean; tenantId?: string } = {}) => ({
  id,
  tenantId: 'acme',
  broken: false,
  ...over,
});

/** Two delivered, one dead as planned: all as it must be. */
function evidence(over: Partial<Evidence> = {}, badSignatures = 0): Evidence {
  return {
    accepted: [promised('a'), promised('b'), promised('c', { broken: true })],
    ledger: [
      settled('a', 'completed'),
      settled('b', 'completed', { starts: 2, waitMs: 30 }),
      settled('c', 'dead', { starts: 4 }),
    ],
    receipts: { accepted: ['acme/a', 'acme/b'], repeated: 0, paced: 1, failed: 4, badSignatures },
    mostWorkers: new Map([['acme', 3]]),
    mostAtOnce: new Map([['acme', 2]]),
    ...over,
  };
}

describe('findMismatches', () => {
  test('finds nothing when every accepted job was delivered or is dead as planned', () => {
    expect(findMismatches(evidence())).toEqual([]);
  });

  test('names jobs that were accepted and never came to an end', () => {
    const ledger = [settled('a', 'completed'), settled('b', 'retrying'), settled('c', 'dead')];
    expect(findMismatches(evidence({ ledger }))).toEqual([
      { kind: 'lost', ids: ['acme/b'] },
      { kind: 'unsettled', ids: ['acme/b'] },
    ]);
  });

  test('names jobs that nobody was promised, and deliveries that nobody saw', () => {
    const ledger = [...evidence().ledger, settled('x', 'completed')];
    expect(findMismatches(evidence({ ledger }))).toEqual([
      { kind: 'invented', ids: ['acme/x'] },
      { kind: 'unseen', ids: ['acme/x'] },
    ]);
  });

  test('names jobs that are dead or alive and should not be', () => {
    const ledger = [settled('a', 'dead'), settled('b', 'completed'), settled('c', 'completed')];
    const receipts = { ...evidence().receipts, accepted: ['acme/b', 'acme/c'] };
    expect(findMismatches(evidence({ ledger, receipts }))).toEqual([
      { kind: 'wrongly-dead', ids: ['acme/a'] },
      { kind: 'wrongly-alive', ids: ['acme/c'] },
    ]);
  });

  test("takes a delivery under another tenant's name for one that is missing", () => {
    const receipts = { ...evidence().receipts, accepted: ['acme/a', 'other/b'] };
    expect(findMismatches(evidence({ receipts })).map(({ kind }) => kind)).toEqual(['unseen', 'unsettled']);
  });

  test('does not overlook bad signatures', () => {
    expect(findMismatches(evidence({}, 2))).toEqual([{ kind: 'bad-signature', ids: ['2 requests'] }]);
  });
});

describe('tableOf', () => {
  test('adds up each tenant, the busiest first', () => {
    const other = { tenantId: 'busy' };
    const { accepted, ledger } = evidence();
    const rows = tableOf(
      evidence({
        accepted: [...accepted, ...['d', 'e', 'f', 'g'].map((id) => promised(id, other))],
        ledger: [...ledger, settled('d', 'completed', other)],
      }),
    );
    expect(rows.map(({ tenant }) => tenant)).toEqual(['busy', 'acme']);
    expect(rows[1]).toEqual({
      tenant: 'acme',
      accepted: 3,
      delivered: 2,
      retried: 2,
      dead: 1,
      p50WaitMs: 10,
      p99WaitMs: 30,
      mostWorkers: 3,
      mostAtOnce: 2,
    });
  });
});

describe('percentile', () => {
  test('is the nearest rank', () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([percentile(values, 0.5), percentile(values, 0.99), percentile([7], 0.99), percentile([], 0.5)]).toEqual([
      50, 99, 7, 0,
    ]);
  });
});

describe('textOf', () => {
  test('says yes thrice when all is well', () => {
    const text = textOf(reportOf(evidence(), 12));
    expect(text.match(/by id: yes|no others: yes/g)).toHaveLength(3);
    expect(text).toContain('Nothing was lost');
  });

  test('names the ids that do not fit', () => {
    const report = reportOf(evidence({ ledger: [settled('a', 'completed'), settled('c', 'dead')] }), 12);
    expect(report.ok).toBe(false);
    expect(textOf(report)).toContain('1 accepted, neither delivered nor dead:\n  acme/b');
  });

  test('is not content with nothing at all', () => {
    const receipts = { ...evidence().receipts, accepted: [] };
    expect(reportOf(evidence({ accepted: [], ledger: [], receipts }), 0).ok).toBe(false);
  });
});
