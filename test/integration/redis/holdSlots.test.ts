import type { SlotAnswer } from '@sluice/fleet/redis/commands/holdSlots';
import { holdSlots } from '@sluice/fleet/redis/commands/holdSlots';
import { writeDesiredSlots } from '@sluice/fleet/redis/commands/writeDesired';
import { bucketOf } from '@sluice/shared/domain/lane';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FleetSpace } from '../../support/fleetSpace.js';
import { openFleetSpace } from '../../support/fleetSpace.js';
import { until } from '../../support/until.js';

const LONG_MS = 60_000;
const GRANTED: SlotAnswer = { kind: 'granted' };
const UNWANTED: SlotAnswer = { kind: 'unwanted' };

describe('holdSlots', () => {
  let space: FleetSpace;
  let made = 0;
  beforeAll(async () => {
    space = await openFleetSpace();
  });
  afterAll(() => space.close());

  function newTenant(): string {
    return `tenant-${made++}`;
  }

  function desire(tenantId: string, slots: number): Promise<unknown> {
    return writeDesiredSlots(space.redis.client, space.keys, new Map([[tenantId, slots]]), 1);
  }

  function ask(
    holder: string,
    tenantId: string,
    wish: { readonly take?: readonly number[]; readonly give?: readonly number[]; readonly leaseMs?: number },
  ): Promise<SlotAnswer[]> {
    const slots = (numbers: readonly number[] = []) => numbers.map((number) => ({ tenantId, number }));
    return holdSlots(space.redis.client, space.keys, {
      bucket: bucketOf(tenantId),
      holder,
      leaseMs: wish.leaseMs ?? LONG_MS,
      take: slots(wish.take),
      give: slots(wish.give),
    });
  }

  it('grants each wanted number once when 50 holders race for more than are wanted', async () => {
    const tenant = newTenant();
    await desire(tenant, 3);
    const holders = Array.from({ length: 50 }, (_, index) => `w${index}`);
    const answers = await Promise.all(holders.map((holder) => ask(holder, tenant, { take: [1, 2, 3, 4, 5] })));
    const granted = answers.flatMap((all) => all.flatMap(({ kind }, index) => (kind === 'granted' ? [index + 1] : [])));
    expect(granted.sort()).toEqual([1, 2, 3]);
    for (const all of answers) expect(all.slice(3)).toEqual([UNWANTED, UNWANTED]);
  });

  it('goes on with a lease above what is wanted, and grants it no more once it was given back', async () => {
    const tenant = newTenant();
    await desire(tenant, 3);
    expect(await ask('a', tenant, { take: [3] })).toEqual([GRANTED]);
    await desire(tenant, 1);
    expect(await ask('a', tenant, { take: [3] })).toEqual([GRANTED]);
    expect(await ask('b', tenant, { take: [3] })).toMatchObject([{ kind: 'held' }]);
    await ask('a', tenant, { give: [3] });
    expect(await ask('a', tenant, { take: [3] })).toEqual([UNWANTED]);
    expect(await ask('b', tenant, { take: [3] })).toEqual([UNWANTED]);
  });

  it("ends a lease by the server's clock, and tells the others until when", async () => {
    const tenant = newTenant();
    expect(await ask('a', tenant, { take: [1], leaseMs: 300 })).toEqual([GRANTED]);
    const [refusal] = await ask('b', tenant, { take: [1] });
    expect(refusal).toMatchObject({ kind: 'held' });
    if (refusal?.kind === 'held') expect(refusal.forMs).toBeLessThanOrEqual(300);
    await until('the lease ends', async () => (await ask('b', tenant, { take: [1] }))[0]?.kind === 'granted');
    expect(await ask('a', tenant, { take: [1] })).toMatchObject([{ kind: 'held' }]);
  });

  it('gives back only what the caller holds', async () => {
    const tenant = newTenant();
    await ask('a', tenant, { take: [1] });
    await ask('b', tenant, { give: [1] });
    expect(await ask('b', tenant, { take: [1] })).toMatchObject([{ kind: 'held' }]);
    await ask('a', tenant, { give: [1] });
    expect(await ask('b', tenant, { take: [1] })).toEqual([GRANTED]);
    await ask('a', tenant, { give: [1] });
    expect(await ask('c', tenant, { take: [1] })).toMatchObject([{ kind: 'held' }]);
  });

  it('gives back before it takes: a slot that is in both is held afterwards', async () => {
    const tenant = newTenant();
    await ask('a', tenant, { take: [1] });
    expect(await ask('a', tenant, { take: [1], give: [1] })).toEqual([GRANTED]);
    expect(await ask('b', tenant, { take: [1] })).toMatchObject([{ kind: 'held' }]);
  });

  it('grants one slot of a tenant that nothing was decided for', async () => {
    expect(await ask('a', newTenant(), { take: [1, 2] })).toEqual([GRANTED, UNWANTED]);
  });

  it('answers each slot in order, and keeps tenants of one bucket apart', async () => {
    const tenant = newTenant();
    let other = newTenant();
    while (bucketOf(other) !== bucketOf(tenant)) other = newTenant();
    await desire(other, 2);
    const take = [
      { tenantId: tenant, number: 2 },
      { tenantId: other, number: 2 },
      { tenantId: tenant, number: 1 },
    ];
    const request = { bucket: bucketOf(tenant), holder: 'a', leaseMs: LONG_MS, take, give: [] };
    expect(await holdSlots(space.redis.client, space.keys, request)).toEqual([UNWANTED, GRANTED, GRANTED]);
  });

  it.each(['a b', 'a', ' a', 'a\nb', '17 a', '', '%d', 'größer\u2028✓', '\0'])(
    'tells the holder %j from every other',
    async (holder) => {
      const tenant = newTenant();
      expect(await ask(holder, tenant, { take: [1] })).toEqual([GRANTED]);
      for (const other of [`${holder} `, ` ${holder}`, `${holder}\n`, `1 ${holder}`, 'b']) {
        await ask(other, tenant, { give: [1] });
        expect(await ask(other, tenant, { take: [1] })).toMatchObject([{ kind: 'held' }]);
      }
      expect(await ask(holder, tenant, { take: [1] })).toEqual([GRANTED]);
      await ask(holder, tenant, { give: [1] });
      expect(await ask('b', tenant, { take: [1] })).toEqual([GRANTED]);
    },
  );
});
