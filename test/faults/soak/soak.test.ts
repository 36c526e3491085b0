import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REPOSITORY } from '../../docs/repository.js';
import { runProgram } from '../../support/runProgram.js';
import { createRandom } from '../load/random.js';
import { STRIKES } from '../strikes/strikes.js';
import { drawStrikes, kindOf } from './draw.js';
import { readSoakCommand } from './options.js';
import { createProgress } from './progress.js';
import { summarise, tableOf } from './table.js';

const read = (...args: string[]) => readSoakCommand(args, STRIKES, 42);

/** Time limit for a whole fleet on a shared machine, in ms; then it is killed. */
const LIMIT_MS = 600_000;

const ROUND = {
  strikes: ['kill-all'],
  jobs: 10,
  faultMs: 1,
  recoveryMs: 2_000,
  violations: [],
  figures: [],
  findings: [],
  seen: '',
};

describe('npm run faults', () => {
  it('runs as it is told', () => {
    const told = read('--minutes', '0.5', '--seed', '7', '--only', 'kill-all,redis-kill', '--json');
    expect(told).toMatchObject({ kind: 'run', options: { minutes: 0.5, seed: 7, json: true } });
    expect(told.kind === 'run' && told.options.strikes.map(({ name }) => name)).toEqual(['kill-all', 'redis-kill']);
  });

  it('takes any seed, and every fault, unless it is told', () => {
    expect(read()).toMatchObject({
      kind: 'run',
      options: { minutes: 5, each: false, seed: 42, json: false, strikes: STRIKES },
    });
    expect(read('--each', '--only', 'kill-all')).toMatchObject({ kind: 'run', options: { each: true } });
  });

  it.each([
    [['--minutes', '0'], /--minutes must be/],
    [['--each', '--minutes', '5'], /leave --minutes out/],
    [['--seed', 'x'], /--seed must be/],
    [['--only', 'fire'], /no fault "fire"/],
    [['--fast'], /--fast/],
  ])('says what is wrong with %j, and what there is', (args, why) => {
    const told = read(...args);
    expect(told).toMatchObject({ kind: 'wrong', text: expect.stringMatching(why) });
    for (const { name } of STRIKES) expect(told.kind === 'wrong' && told.text).toContain(name);
  });

  it('draws the same faults for the same seed, and never two that touch the same thing', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const [one, two] = [createRandom(seed), createRandom(seed)];
        for (let round = 0; round < 20; round++) {
          const drawn = drawStrikes(one, STRIKES);
          expect(drawStrikes(two, STRIKES)).toEqual(drawn);
          const kinds = drawn.map(({ name }) => kindOf(name));
          expect(new Set(kinds).size).toBe(kinds.length);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('sums up by fault, and counts a round of two for both', () => {
    const both = { ...ROUND, strikes: ['kill-all', 'redis-kill'], recoveryMs: 4_000 };
    const lost = { ...ROUND, recoveryMs: null, violations: [{ invariant: 'I1' as const, what: 'lost' }] };
    expect(tableOf(summarise([ROUND, both, lost])).split('\n')).toEqual([
      'fault       times  recovery  worst  jobs  violations',
      'kill-all        3     4.0 s  4.0 s    30           1',
      'redis-kill      1     4.0 s  4.0 s    10           0',
    ]);
  });

  it('tells of each round in one line where there is no terminal', () => {
    const said: string[] = [];
    const progress = createProgress({ write: (text) => said.push(text) });
    progress.begin(1, [], () => '1 min left', { sent: 0, answered: 0, unanswered: 0, refused: 0, accepted: 0 });
    progress.end(1, ROUND);
    expect(said).toEqual(['1  kill-all: 10 jobs, recovered in 2.0 s, every promise kept\n']);
  });

  it('tells what a round measured, and what of it is beyond its bound', () => {
    const said: string[] = [];
    const progress = createProgress({ write: (text) => said.push(text) });
    progress.end(2, { ...ROUND, figures: ['capacity 40 jobs/s'], findings: ['useful work fell'] });
    expect(said.join('').split('\n').slice(1)).toEqual([
      '   capacity 40 jobs/s',
      '   BEYOND ITS BOUND: useful work fell',
      '',
    ]);
  });

  it('lets nothing strike beside a fault that measures', () => {
    const random = createRandom(3);
    const drawn = Array.from({ length: 200 }, () => drawStrikes(random, STRIKES));
    const measured = drawn.filter((strikes) => strikes.some(({ alone }) => alone === true));
    expect(measured.length).toBeGreaterThan(0);
    expect(measured.filter(({ length }) => length > 1)).toEqual([]);
  });

  it(
    'strikes a whole fleet with each fault, and says that every promise was kept',
    async () => {
      const program = join(REPOSITORY, 'test/dist/faults/main.js');
      const args = ['--each', '--seed', '7', '--only', 'cut-clients', '--json'];
      const { stdout, stderr } = await runProgram(program, args, {
        cwd: REPOSITORY,
        timeout: LIMIT_MS,
      });
      expect(stderr.split('\n')[0]).toBe('seed 7');
      const told = JSON.parse(stdout);
      expect(told).toMatchObject({ seed: 7, evidence: null });
      expect(told.rounds).toHaveLength(1);
      expect(told.faults[0].jobs).toBeGreaterThan(0);
    },
    LIMIT_MS + 10_000,
  );
});
