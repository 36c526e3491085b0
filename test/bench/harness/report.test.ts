import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Bench, BenchResult } from './bench.js';
import type { BenchDocument } from './document.js';
import { saveReport } from './report.js';

const bench: Bench = {
  name: 'speed',
  summary: 'How fast',
  method: ['So.'],
  measure: () => Promise.reject(new Error('no')),
};
const rows: BenchDocument['rows'] = [
  { metric: 'memory', unit: 'MB', ours: 80, reference: 900, ratio: 0.09, target: 'ours <= 100', met: true },
  { metric: 'jobs', unit: 'jobs/s', ours: 500, reference: 1_000, ratio: 0.5, target: 'ratio >= 1', met: false },
];
const document: BenchDocument = {
  bench: 'speed',
  commit: 'abc',
  machine: {
    cpu: 'cpu',
    cores: 2,
    memoryMiB: 1,
    system: 'Linux',
    node: '20',
    redis: '7',
    postgres: '17',
    bullmq: '6',
  },
  rows,
};

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-report-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function save(result: BenchResult): Promise<string> {
  await saveReport(directory, bench, document, result, new Date('2026-01-02T03:04:05Z'));
  return readFile(join(directory, 'speed.md'), 'utf8');
}

it('says which targets are not met, and shows what the profiles say', async () => {
  const text = await save({ rows, runs: ['one run'], profiles: ['90 %  claim'] });
  expect(text).toContain('**Not met:**\n\n* jobs: 500 jobs/s, ratio 0.5, where the target is ratio >= 1.\n');
  expect(text).toContain('```\n90 %  claim\n```');
  expect(text).not.toContain('* memory');
});

it('keeps the charts beside the document, which shows them', async () => {
  const chart = { title: 'Growth', description: 'It grows.', xLabel: 'x', yLabel: 'y', series: [] };
  const text = await save({ rows: rows.slice(0, 1), runs: [], charts: [{ ...chart, file: 'speed-growth' }] });
  expect(text).toContain('![Growth](speed-growth.svg)\n\nIt grows.');
  expect((await readdir(directory)).sort()).toEqual(['speed-growth.svg', 'speed.json', 'speed.md']);
});
