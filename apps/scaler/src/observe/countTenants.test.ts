import type { Lane } from '@sluice/shared/domain/lane';
import { laneName } from '@sluice/shared/domain/lane';
import type { LaneCounts } from '@sluice/shared/queue/laneQueues';
import { describe, expect, it } from 'vitest';
import type { Tenant } from '../tenant.js';
import { countTenants } from './countTenants.js';
import { groupTenants } from './groupTenants.js';

const table = {
  lanes: ['acme.default', 'acme.exports', 'acme.dead_letters', 'beta.default', 'gone.dead_letters'],
  desired: new Map([['acme', 3]]),
};

describe('groupTenants', () => {
  it('gathers the lanes of each tenant, without those that no worker runs', () => {
    const tenants = groupTenants(table);
    expect(tenants.map(({ id, lanes, current }) => [id, lanes.map(laneName), current])).toEqual([
      ['acme', ['acme.default', 'acme.exports'], 3],
      ['beta', ['beta.default'], null],
    ]);
  });
});

describe('countTenants', () => {
  const two: LaneCounts = { waiting: 2, active: 1, delayed: 7 };

  it("sums what is due over a tenant's lanes", async () => {
    const seen = await countTenants(groupTenants(table), { counts: async () => two });
    expect(seen).toMatchObject([
      { kind: 'counted', tenant: { id: 'acme' }, waiting: 4, active: 2 },
      { kind: 'counted', tenant: { id: 'beta' }, waiting: 2, active: 1 },
    ]);
  });

  it('calls a tenant unreadable when one of its lanes fails, and counts the others', async () => {
    const counts = async (lane: Lane): Promise<LaneCounts> => {
      if (lane.queueClass === 'exports') throw new Error('away');
      return two;
    };
    const seen = await countTenants(groupTenants(table), { counts });
    expect(seen.map(({ kind }) => kind)).toEqual(['unreadable', 'counted']);
  });

  it('does not wait for ever: what was not counted in time is unreadable', async () => {
    const counts = (lane: Lane): Promise<LaneCounts> =>
      lane.tenantId === 'beta' ? new Promise(() => undefined) : Promise.resolve(two);
    const seen = await countTenants(groupTenants(table), { counts }, 20);
    expect(seen.map(({ kind }) => kind)).toEqual(['counted', 'unreadable']);
  });

  it('asks for at most 500 lanes at a time', async () => {
    const lane: Lane = { tenantId: 'acme', queueClass: 'default' };
    const tenants: Tenant[] = Array.from({ length: 1_200 }, (_, i) => ({ id: `t${i}`, lanes: [lane], current: 1 }));
    let inFlight = 0;
    let most = 0;
    const seen = await countTenants(tenants, {
      async counts() {
        most = Math.max(most, ++inFlight);
        await Promise.resolve();
        inFlight--;
        return two;
      },
    });
    expect(seen).toHaveLength(1_200);
    expect(most).toBe(500);
  });
});
