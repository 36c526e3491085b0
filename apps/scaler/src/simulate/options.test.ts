import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import { describe, expect, it } from 'vitest';
import { loadScalerConfig, scalingSettingsOf } from '../config.js';
import { readOptions } from './options.js';

describe('readOptions', () => {
  it("has the scaler's own settings unless told otherwise", () => {
    const config = loadScalerConfig({ REDIS_URL: 'redis://127.0.0.1', DATABASE_URL: 'postgres://127.0.0.1/sluice' });
    expect(readOptions([])).toMatchObject({
      settings: scalingSettingsOf(config),
      intervalMs: config.scaler.intervalMs,
      slotConcurrency: config.slot.concurrency,
    });
  });

  it('reads every flag', () => {
    const flags =
      '--policy wait-target --interval 10s --min 2 --max 8 --jobs-per-slot 20 --drain-target 2m --stabilisation 0s';
    const load =
      '--load acme=ramp:1->20@1m..5m --load acme=flood:10@90s --service acme=log-normal:1s/1.5 --seed 7 --minutes 1.5';
    const rest = '--slot-concurrency 4 --hold acme=quota@1m..2m --every 5s --json';
    expect(readOptions(`${flags} ${load} ${rest}`.split(' '))).toEqual({
      settings: {
        policy: {
          kind: 'wait-target',
          minSlots: 2,
          maxSlots: 8,
          jobsPerSlot: 20,
          slotConcurrency: 4,
          drainTargetSeconds: 120,
        },
        stabilisationMs: 0,
      },
      intervalMs: 10_000,
      slotConcurrency: 4,
      source: {
        kind: 'synthetic',
        arrivals: [
          { tenant: 'acme', arrivals: { kind: 'ramp', from: 1, to: 20, atMs: 60_000, endMs: 300_000 } },
          { tenant: 'acme', arrivals: { kind: 'flood', jobs: 10, atMs: 90_000 } },
        ],
        service: new Map([
          [null, { kind: 'exponential', meanMs: 1_000 }],
          ['acme', { kind: 'log-normal', meanMs: 1_000, sigma: 1.5 }],
        ]),
        seed: 7,
      },
      holds: [{ tenant: 'acme', because: 'quota', fromMs: 60_000, toMs: 120_000 }],
      untilMs: 90_000,
      everyMs: 5_000,
      json: true,
    });
    expect(readOptions(['--help'])).toBeNull();
  });

  it.each([
    ['--hepl', /--hepl/],
    ['--policy fifo', /--policy is fifo: it must be one of queue-length, wait-target/],
    ['--min 6 --max 3', /--min 6 is above --max 3/],
    ['--max 0', /--max is "0": it must be a whole number from 1 to 1000/],
    ['--interval 30', /--interval is "30": it must be a duration such as/],
    ['--interval 1ms', /--interval is 1ms: it must be from 100 ms to 3600000 ms/],
    ['--load step:1', /--load step:1 is not valid/],
    ['--load poisson:many', /The rate in --load poisson:many is "many"/],
    ['--load poisson:999999', /0 to 100000/],
    ['--load ramp:1->2@5m..1m', /ends before it starts/],
    ['--load wave:1->2/0s', /longer than nothing/],
    ['--service slow', /--service slow is not valid/],
    ['--service fixed:1s/2', /is not valid/],
    ['--service globex=fixed:1s', /globex, which has no --load/],
    ['--hold tired@1m..2m', /--hold tired@1m\.\.2m is not valid/],
    ['--hold paused@2m..1m', /ends before it starts/],
    ['--recorded load.csv --load poisson:1', /omit --load/],
    ['--minutes 0', /above 0 and at most 10080/],
    ['--seed -1', /--seed/],
    ['stray', /stray/],
  ])('says what is wrong with %s', (flags, why) => {
    const read = () => readOptions(flags.split(' '));
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(why);
  });
});
