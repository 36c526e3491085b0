import { expect, it } from 'vitest';
import { createNotices } from './notices.js';

it('tells at once after a pause, and then at most twice a second with all that came in between', () => {
  const notices = createNotices();
  notices.touch('acme', 1_000);
  notices.touch('globex', 1_100);
  notices.touch('acme', 1_200);
  expect([...notices.takeUntil(1_250)]).toEqual(['acme']);
  expect([...notices.takeUntil(1_499)]).toEqual([]);
  expect([...notices.takeUntil(1_500)]).toEqual(['globex', 'acme']);
  notices.touch('acme', 1_600);
  expect([...notices.takeUntil(1_750)]).toEqual([]);
  notices.touch('initech', 5_000);
  expect([...notices.takeUntil(5_000)]).toEqual(['acme', 'initech']);
});
