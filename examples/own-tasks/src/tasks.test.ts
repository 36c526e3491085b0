import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { runTask } from '@sluice/tasks/testing';
import { confirmOrder, countWords } from './tasks.js';

test('counts what stands between white space', async () => {
  const { result } = await runTask(countWords, { text: ' to be\nor not ' });
  deepEqual(result, { words: 4 });
});

test('refuses a text that is too long', async () => {
  await rejects(runTask(countWords, { text: 'x'.repeat(100_001) }), { code: 'invalid_request' });
});

test('sends the confirmation once, also when the job runs again', async () => {
  const data = { order: 'A-17', email: 'ada@example.com' };
  const first = await runTask(confirmOrder, data);
  match(first.result.receipt, /^A-17 to ada@example\.com/);
  deepEqual(first.logs, ['confirmed A-17']);
  deepEqual(first.progress, [100]);
  const second = await runTask(confirmOrder, data, { attempt: 2, effects: first.effects });
  equal(second.result.receipt, first.result.receipt);
});
