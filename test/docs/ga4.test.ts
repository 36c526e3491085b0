import { describe, expect, it } from 'vitest';
import { textOf } from './repository.js';

const page = textOf('docs/ga4.md');
const settings = textOf('docs/configuration.md');

/** What an integration may have been told by, one setting a row, and what stands for it here. */
const rows = page
  .slice(page.indexOf('## Settings of the kind'))
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('docs/ga4.md', () => {
  it('tells every way in which a report is answered', () => {
    for (const said of ['**200**', '`X-Queue: direct`', '`GA4_DIRECT_WAIT_MS`', '**202**', '`jobId`', '403']) {
      expect(page).toContain(said);
    }
  });

  it('has something in place of each setting of a queue of its own', () => {
    const names = [
      'MAX_WORKERS_PER_TENANT',
      'REQUESTS_PER_WORKER',
      'HEALTH_CHECK_INTERVAL',
      'INITIAL_BACKOFF',
      'MAX_BACKOFF',
      'MAX_RETRIES',
    ];
    for (const name of names) {
      const row = rows.find(([, theirs]) => theirs?.includes(`GA4_QUEUE_${name}=`));
      expect(row?.[2], name).toBeTruthy();
    }
  });

  it('names settings that there are', () => {
    const theirs = new Set(rows.flatMap(([, cell = '']) => cell.match(/[A-Z0-9_]{6,}/g) ?? []));
    const named = [...page.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=\w+)?`/g)].map(([, name = '']) => name);
    const statuses = /^(RESOURCE_EXHAUSTED|INVALID_ARGUMENT|NOT_FOUND|PERMISSION_DENIED)$/;
    const unknown = named.filter(
      (name) => !theirs.has(name) && !statuses.test(name) && !settings.includes(`\`${name}\``),
    );
    expect(unknown).toEqual([]);
    expect(named).toContain('GA4_ANY_PROPERTY');
  });

  it('has the numbers of the task’s retry policy', () => {
    const task = textOf('packages/shared/src/contracts/retryPolicy.ts');
    expect(task).toContain('maxRetries: 3, baseMs: 2_000, capMs: 60_000');
    expect(page).toContain('`baseMs` (2,000)');
    expect(page).toContain('`capMs` (60,000)');
    expect(page).toContain('`maxRetries` (3)');
  });
});
