import { describe, expect, it } from 'vitest';
import type { Bench } from './bench.js';
import { readCommand } from './command.js';

const servers = { REDIS_URL: 'redis://127.0.0.1', DATABASE_URL: 'postgres://127.0.0.1' };
const bench: Bench = {
  name: 'speed',
  summary: 'How fast',
  parts: [{ name: 'top', summary: 'Top speed' }],
  method: [],
  measure: () => Promise.reject(new Error('no')),
};

describe('readCommand', () => {
  it('lists the benches when asked for help', () => {
    const command = readCommand(['--help'], {}, [bench]);
    expect(command).toMatchObject({
      kind: 'say',
      exitCode: 0,
      text: expect.stringContaining('speed         How fast'),
    });
  });

  it('keeps the results of a full run alone', () => {
    expect(readCommand(['speed', '--json'], servers, [bench])).toMatchObject({
      kind: 'run',
      json: true,
      options: { save: true },
    });
    expect(readCommand(['speed', '--runs', '2'], servers, [bench])).toMatchObject({
      kind: 'run',
      json: false,
      options: { runs: 2, jobs: null, save: false },
    });
    const others = [
      '--rounds=2',
      '--jobs=9',
      '--seconds=1',
      '--plain-jobs',
      '--only=top',
      '--tenants=5',
      '--profile=there',
    ];
    for (const option of others) {
      expect(readCommand(['speed', option], servers, [bench])).toMatchObject({ options: { save: false } });
    }
  });

  it('takes rounds and parts, also several of them', () => {
    const bigger: Bench = { ...bench, parts: ['top', 'start', 'end'].map((name) => ({ name, summary: name })) };
    expect(
      readCommand(['speed', '--rounds', '3', '--seconds', '0.2', '--only', 'top,end'], servers, [bigger]),
    ).toMatchObject({
      options: { runs: 3, seconds: 0.2, only: ['top', 'end'] },
    });
  });

  it.each([
    [[], 'Say which bench to run.'],
    [['fast'], 'There is no bench "fast".'],
    [
      ['speed', '--jobs', '0'],
      '--runs, --rounds, --jobs, --tenants, --seconds take a number above 0, whole but for --seconds.',
    ],
    [['speed', '--seconds', '0.0'], 'above 0'],
    [['speed', '--only', 'end'], 'The bench "speed" has no part "end"; there are: top.'],
    [['speed', '--nope'], "Unknown option '--nope'"],
  ])('answers %j with a sentence, and fails', (args, sentence) => {
    expect(readCommand(args, servers, [bench])).toMatchObject({
      kind: 'say',
      exitCode: 1,
      text: expect.stringContaining(sentence),
    });
  });

  it('says where servers come from when there are none', () => {
    expect(readCommand(['speed'], {}, [bench])).toMatchObject({ text: expect.stringContaining('npm run bench') });
  });
});
