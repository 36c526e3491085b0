import { describe, expect, it } from 'vitest';
import { HELP } from './help.js';
import { runSimulation } from './runSimulation.js';

const files: Record<string, string> = {
  'load.csv': 'time_ms,tenant,service_ms\n1700000000500,acme,200\r\n1700000000000,globex,100\n',
  'load.jsonl': '{"time_ms":0,"tenant":"acme","service_ms":200}\n{"time_ms":500,"tenant":"acme","service_ms":200}\n',
  'bad.csv': 'time_ms,tenant,service_ms\n0,acme,soon\n',
  'negative.csv': 'time_ms,tenant,service_ms\n0,acme,-1\n',
  'bad.jsonl': '{"time_ms":0,"tenant":"acme","service_ms":200}\n{"time_ms":',
  'other.csv': 'a,b\n1,2\n',
  'empty.csv': 'time_ms,tenant,service_ms\n',
};

function run(flags: string, isTerminal = false) {
  return runSimulation(flags === '' ? [] : flags.split(' '), {
    isTerminal,
    readFile(path) {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return text;
    },
  });
}

function printed(flags: string, isTerminal = false): string {
  const result = run(flags, isTerminal);
  return result.exitCode === 0 ? result.out : result.err;
}

describe('runSimulation', () => {
  it('prints a timeline and a summary, and draws the courses in a terminal alone', () => {
    const text = printed('--load flood:60@10s --minutes 3');
    expect(text).toMatch(/time +tenant +arrivals\/s +waiting +oldest wait +slots +decision +reason/);
    expect(text).toMatch(
      /0:00:10 +acme .* 5 +first 0 -> 5 +60 waiting, 0 active, 10 per worker: 6 wanted, 1 to 5 allowed/,
    );
    expect(text).toMatch(/tenant +jobs +still waiting +p50 wait .*slot-seconds +busy/);
    expect(text).not.toMatch(/[▁-█]/);
    expect(printed('--load flood:60@10s --minutes 3', true)).toMatch(/acme waiting +\| +█.*\| at most 60/);
  });

  it('prints one JSON document that says what was asked', () => {
    const { asked, summaries, timeline } = JSON.parse(printed('--json --minutes 2 --load constant:1'));
    expect(asked).toMatchObject({ policy: { kind: 'queue-length' }, untilMs: 120_000 });
    expect(summaries).toMatchObject([{ tenant: 'acme', arrived: 119, flaps: 0 }]);
    expect(timeline[0]).toMatchObject({ tenant: 'acme', decision: { change: 'first' } });
  });

  it.each(['load.csv', 'load.jsonl'])('runs recorded load from %s, its first job at 0', (file) => {
    const { asked, summaries } = JSON.parse(printed(`--json --recorded ${file}`));
    expect(asked.untilMs).toBe(300_500);
    expect(summaries.reduce((jobs: number, one: { started: number }) => jobs + one.started, 0)).toBe(2);
  });

  it.each([
    ['--recorded none.csv', '--recorded none.csv cannot be read (ENOENT).'],
    ['--recorded bad.csv', 'bad.csv, line 2: time_ms and service_ms must be numbers'],
    ['--recorded negative.csv', 'negative.csv, line 2:'],
    ['--recorded bad.jsonl', 'bad.jsonl, line 2:'],
    ['--recorded other.csv', 'other.csv must begin with the line time_ms,tenant,service_ms'],
    ['--recorded empty.csv', 'empty.csv holds no jobs.'],
    ['--load constant:100000 --minutes 10', 'This load has more than 2000000 jobs'],
  ])('exits 2 for %s and says why in a sentence', (flags, why) => {
    const result = run(flags);
    expect(result).toEqual({ exitCode: 2, err: expect.stringContaining(why) });
    expect(printed(flags)).toContain('npm run simulate -- --help');
  });

  it('explains itself', () => {
    expect(run('--help')).toEqual({ exitCode: 0, out: HELP });
  });
});
