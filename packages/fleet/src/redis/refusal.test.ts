import { describe, expect, it } from 'vitest';
import { refusalOf } from './refusal.js';

describe('refusalOf', () => {
  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'.", 'memory'],
    ['MISCONF Redis is configured to save RDB snapshots, but it is unable to persist to disk.', 'disk'],
    ["READONLY You can't write against a read only replica.", 'read-only'],
    ['LOADING Redis is loading the dataset in memory', 'loading'],
    ['NOREPLICAS Not enough good replicas to write.', 'no-replicas'],
    ['CLUSTERDOWN Hash slot not served', 'cluster-down'],
    ["NOPERM this user has no permissions to run the 'flushall' command", 'forbidden'],
    ['EXECABORT Transaction discarded because of: OOM command not allowed', 'memory'],
    ['ERR Error running script (call to f_1): @user_script:1: @user_script: 1: -OOM command not allowed', 'memory'],
  ])('reads %j as %s', (message, refusal) => {
    expect(refusalOf(new Error(message))).toBe(refusal);
  });

  it('looks behind what wraps the reply', () => {
    expect(refusalOf(new Error('adding failed', { cause: new Error('OOM command not allowed') }))).toBe('memory');
    const aborted = new Error('EXECABORT Transaction discarded because of previous errors.');
    expect(refusalOf(Object.assign(aborted, { previousErrors: [new Error('MISCONF no disk')] }))).toBe('disk');
  });

  it.each([
    new Error('Connection is closed.'),
    new Error('Command timed out'),
    new Error('ERR wrong number of arguments'),
    new Error('a tenant called OOM'),
    'OOM as a text',
    null,
  ])('takes %s for no refusal', (error) => {
    expect(refusalOf(error)).toBeNull();
  });

  it('ends where errors name each other as causes', () => {
    const circle = new Error('one');
    circle.cause = circle;
    expect(refusalOf(circle)).toBeNull();
  });
});
