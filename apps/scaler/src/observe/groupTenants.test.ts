import { expect, it } from 'vitest';
import { groupTenants } from './groupTenants.js';

it('gathers the lanes of each tenant, without those that no worker runs', () => {
  const table = {
    lanes: ['acme.default', 'acme.exports', 'acme.dead_letters', 'beta.default', 'gone.dead_letters'],
    desired: new Map([['acme', 3]]),
  };
  expect(groupTenants(table)).toEqual([
    { id: 'acme', lanes: ['acme.default', 'acme.exports'], current: 3 },
    { id: 'beta', lanes: ['beta.default'], current: null },
  ]);
});
