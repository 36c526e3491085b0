import { FleetError } from '@sluice/shared/errors/fleetError';
import { PacedError } from '@sluice/shared/errors/pacedError';
import { describe, expect, it } from 'vitest';
import { NotStartedError } from '../attempt/notStartedError.js';
import type { ChildReport } from './judgeChild.js';
import { judgeChild } from './judgeChild.js';
import { childMessageSchema, fromLastWord, toLastWord } from './messages.js';

const ordinary: ChildReport = {
  started: true,
  said: null,
  misdeed: null,
  end: 'with exit code 0',
  stop: null,
  timeoutMs: 50,
};
const judge = (report: Partial<ChildReport>) => judgeChild({ ...ordinary, ...report });

describe('judgeChild', () => {
  it('takes the word of a process, however it ended afterwards', () => {
    const said = { kind: 'returned', value: 1 } as const;
    expect(judge({ said })).toBe(said);
    expect(judge({ said, end: 'by SIGKILL' })).toBe(said);
    expect(judge({ said, misdeed: 'it spoke nonsense' })).toBe(said);
    expect(judge({ said, stop: 'timed-out' })).toBe(said);
  });

  it('counts an end without a word as a death, also with exit code 0, by a signal, or for a misdeed', () => {
    for (const report of [{}, { end: 'by SIGABRT' }, { end: 'with exit code 86' }, { misdeed: 'it spoke nonsense' }]) {
      expect(judge(report)).toMatchObject({ kind: 'died', error: { code: 'attempt_failed' } });
    }
    expect(judge({ misdeed: 'it spoke nonsense', stop: 'stopping' }).kind).toBe('died');
  });

  it('counts no death where the process was told to stop', () => {
    expect(judge({ stop: 'cancelled', end: 'by SIGKILL' })).toEqual({ kind: 'stopped', reason: 'cancelled' });
    expect(judge({ stop: 'slot-lost', said: { kind: 'threw', error: 1 } })).toEqual({
      kind: 'stopped',
      reason: 'slot-lost',
    });
    expect(judge({ stop: 'timed-out' })).toMatchObject({ kind: 'threw', error: { code: 'attempt_timed_out' } });
  });

  it('does not hold it against the job that a process could not be started', () => {
    const { error } = judge({ started: false, end: 'by EAGAIN' }) as { error: PacedError };
    expect(error).toBeInstanceOf(NotStartedError);
    expect(error.retryAfterMs).toBe(5_000);
  });
});

describe('the last word of a process', () => {
  it.each([
    ['a result', { kind: 'returned', value: { a: [1, null] } }],
    ["an upstream's wish to wait", { kind: 'threw', error: new PacedError('wait', 1_500) }],
    ['a refusal', { kind: 'threw', error: new FleetError('upstream_refused', 'no') }],
    ['an error of its own', { kind: 'threw', error: new Error('boom') }],
    ['bad data', { kind: 'invalid', error: new FleetError('invalid_request', 'bad') }],
  ] as const)('carries %s', (_what, execution) => {
    const heard = fromLastWord(JSON.parse(JSON.stringify(childMessageSchema.parse(toLastWord(execution)))));
    expect(heard).toEqual(execution);
  });

  it('says that a result cannot be kept, whatever it was', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    for (const value of [cycle, 1n, 'x'.repeat(400_000)]) {
      expect(fromLastWord(childMessageSchema.parse(toLastWord({ kind: 'returned', value })) as never)).toMatchObject({
        kind: 'unusable',
      });
    }
  });
});
