import { FleetError } from '@sluice/shared/errors/fleetError';
import { describe, expect, it } from 'vitest';
import { createStaleLookup } from './staleLookup.js';

/** A ledger that can fail and lose entries, and a clock that is moved by hand. */
function openLookup(staleMs: number) {
  const world = { atMs: 0, away: false, known: new Set(['key']), asked: 0 };
  const find = createStaleLookup(
    async (key) => {
      world.asked++;
      if (world.away) throw new FleetError('unavailable', 'away');
      return world.known.has(key) ? `found ${key}` : null;
    },
    { freshMs: 900, staleMs },
    () => world.atMs,
  );
  return { world, find };
}

describe('createStaleLookup', () => {
  it('asks nobody while what it found is fresh', async () => {
    const { world, find } = openLookup(0);
    await find('key');
    world.atMs = 899;
    await find('key');
    expect(world.asked).toBe(1);
    world.atMs = 900;
    await find('key');
    expect(world.asked).toBe(2);
  });

  it('takes what it found last while the ledger is away, and no longer than allowed', async () => {
    const { world, find } = openLookup(60_000);
    expect(await find('key')).toBe('found key');
    world.away = true;
    world.atMs = 1_000;
    expect(await find('key')).toBe('found key');
    world.atMs = 60_000;
    expect(await find('key')).toBe('found key');
    world.atMs = 60_001;
    await expect(find('key')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('believes a ledger that answers: a revoked key is gone at once', async () => {
    const { world, find } = openLookup(60_000);
    await find('key');
    world.known.clear();
    world.atMs = 900;
    expect(await find('key')).toBeNull();
    world.away = true;
    await expect(find('key')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('waits for the ledger again a second after it failed, so that an old absence hides no revocation', async () => {
    const { world, find } = openLookup(60_000);
    await find('key');
    world.away = true;
    world.atMs += 900;
    await find('key');
    world.away = false;
    world.known.clear();
    world.atMs += 1_000;
    expect(await find('key')).toBeNull();
  });

  it('asks a ledger that is away four times a second, however many ask', async () => {
    const { world, find } = openLookup(60_000);
    await find('key');
    world.away = true;
    world.atMs += 900;
    await find('key');
    world.asked = 0;
    for (let i = 0; i < 100; i++) {
      world.atMs += 5;
      await find('key');
    }
    expect(world.asked).toBeLessThanOrEqual(3);
  });

  it('knows nobody who was never found, and nothing stale where that is not wanted', async () => {
    const { world, find } = openLookup(0);
    await find('key');
    world.away = true;
    world.atMs = 900;
    await expect(find('key')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(openLookup(1_000).find('other')).resolves.toBeNull();
  });
});
