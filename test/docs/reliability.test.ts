import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY, textOf } from './repository.js';

const rows = textOf('docs/reliability.md')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(2)
  .map((line) => line.split(' | '));

describe('docs/reliability.md', () => {
  it('has a line for each fact, with its consequence, code and test', () => {
    expect(rows.length).toBeGreaterThanOrEqual(17);
    for (const cells of rows) expect(cells, cells[0]).toHaveLength(4);
  });

  it.each(rows.map((cells) => [cells[0] ?? '', cells[2] ?? '', cells[3] ?? '']))(
    '%s: names code and tests that exist',
    (_fact, code, tests) => {
      for (const cell of [code, tests]) {
        const linked = [...cell.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, file]) => file ?? '');
        expect(linked.length).toBeGreaterThan(0);
        for (const file of linked) expect(existsSync(join(REPOSITORY, file)), file).toBe(true);
      }
      for (const [, file] of tests.matchAll(/\]\(([^)]+)\)/g)) expect(file).toMatch(/\.test\.m?ts$/);
    },
  );
});
