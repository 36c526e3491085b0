import { expect, test } from 'vitest';
import { mapBounded } from './mapBounded.js';

test('mapBounded keeps the order and never has more under way than it may', async () => {
  let underWay = 0;
  let most = 0;
  const results = await mapBounded([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay--;
    return item * 10;
  });
  expect(results).toEqual([10, 20, 30, 40, 50, 60, 70]);
  expect(most).toBe(3);
});
