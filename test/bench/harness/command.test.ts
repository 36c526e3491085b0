import { describe, expect, it } from 'vitest';
import type { Bench } from './bench.js';
import { readCommand } from './command.js';

const servers = { REDIS_URL: 'redis://127.0.0.1', DATABASE_URL: 'postgres://127.0.0.1' };
const bench: Bench = { name: 'speed', summary: 'How fast', method: [], measure: () => Promise.reject(new Error('no')) };

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
    expect(readCommand(['speed', '--json'], servers, [bench])).toMatchObject({ kind: 'run', json: true, save: true });
    expect(readCommand(['speed', '--runs', '2'], servers, [bench])).toMatchObject({
      kind: 'run',
      json: false,
      save: false,
      options: { runs: 2, jobs: null },
    });
  });

  it.each([
    [[], 'Say which bench to run.'],
    [['fast'], 'There is no bench "fast".'],
    [['speed', '--jobs', '0'], '--runs and --jobs take a whole number from 1.'],
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
