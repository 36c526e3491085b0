import { newId } from '@sluice/shared/ids/ids';
import { expect, test } from 'vitest';
import { createJobTable, readJobTable } from './jobTable.js';

test('a job table holds what runs, leaves out what is too much, and reuses places', () => {
  const table = createJobTable(2);
  const [first, second, third] = [newId(), newId(), newId()];
  const leaveFirst = table.enter(first);
  const leaveSecond = table.enter(second);
  table.enter(third)();
  expect(readJobTable(table.memory, 10).sort()).toEqual([first, second].sort());
  expect(readJobTable(table.memory, 1)).toHaveLength(1);
  leaveFirst();
  table.enter(third);
  leaveSecond();
  expect(readJobTable(table.memory, 10)).toEqual([third]);
});
