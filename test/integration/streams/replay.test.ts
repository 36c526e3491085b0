import type { ReplayedPage } from '@sluice/fleet/redis/commands/feed';
import { appendToFeed, endOfFeed, replayFeed } from '@sluice/fleet/redis/commands/feed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';

let space: FleetSpace;
beforeAll(async () => {
  space = await openFleetSpace();
});
afterAll(() => space.close());

const BUCKET = 3;

async function append(from: number, count: number): Promise<void> {
  const texts = Array.from({ length: count }, (_, n) =>
    JSON.stringify({ kind: 'log', jobId: 'a', tenantId: 'acme', line: String(from + n) }),
  );
  await appendToFeed(space.redis.client, space.keys, BUCKET, texts);
}

function replay(entry: string, isKnown: boolean): Promise<ReplayedPage | null> {
  return replayFeed(space.redis.client, space.keys, { bucket: BUCKET, entry, isKnown, wanted: () => true });
}

it('replays a long feed in pages, each event once, and says when it has forgotten where to go on', async () => {
  await append(0, 1);
  const first = await endOfFeed(space.redis.client, space.keys, BUCKET);
  for (let from = 1; from < 5_001; from += 400) await append(from, 400);
  const lines: string[] = [];
  const pages: number[] = [];
  for (
    let page = await replay(first, false);
    page !== null;
    page = page.next === null ? null : await replay(page.next, true)
  ) {
    pages.push(page.events.length);
    lines.push(...page.events.map(({ event }) => (event.kind === 'log' ? event.line : '')));
  }
  expect(lines).toEqual(Array.from({ length: 5_201 }, (_, n) => String(n)));
  expect(Math.max(...pages)).toBeLessThan(1_400);

  const end = await endOfFeed(space.redis.client, space.keys, BUCKET);
  expect(await replay(end, true)).toEqual({ events: [], next: null });
  await space.redis.client.xtrim(space.keys.feed(BUCKET), 'MAXLEN', 2);
  expect(await replay(first, true)).toBeNull();
  expect(await replay('999999999999999-0', true)).toBeNull();
});
