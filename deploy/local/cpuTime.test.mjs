// @ts-check
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { describeCpuTime, parseCpuTime, readCpuTime } from './cpuTime.mjs';

it('parseCpuTime adds what ended children took, whatever the name of the program', () => {
  const stat = '7 (a) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 150 50 300 100 20 0 11 0 5';
  expect(parseCpuTime(stat)).toEqual({ user: 4.5, system: 1.5 });
});

it.runIf(process.platform === 'linux')('readCpuTime counts a child that has ended', () => {
  const before = readCpuTime();
  spawnSync(process.execPath, ['-e', 'const end = performance.now() + 300; while (performance.now() < end);']);
  const after = readCpuTime();
  expect((after?.user ?? 0) - (before?.user ?? 0)).toBeGreaterThan(0.02);
});

it('describeCpuTime is one line', () => {
  expect(describeCpuTime({ user: 360, system: 126 }, 312)).toBe('CPU 8.1 min (user 6.0, system 2.1), wall 5.2 min');
});
