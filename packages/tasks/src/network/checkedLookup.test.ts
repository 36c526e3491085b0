import type { LookupAddress } from 'node:dns';
import { describe, expect, test } from 'vitest';
import type { ResolveAll } from './checkedLookup.js';
import { createCheckedLookup } from './checkedLookup.js';

const PUBLIC: LookupAddress = { address: '8.8.8.8', family: 4 };
const PUBLIC_V6: LookupAddress = { address: '2606:4700::1111', family: 6 };
const PRIVATE: LookupAddress = { address: '10.0.0.1', family: 4 };

const answering =
  (addresses: LookupAddress[], error: NodeJS.ErrnoException | null = null): ResolveAll =>
  (_hostname, _options, callback) =>
    callback(error, addresses);

function look(resolveAll: ResolveAll, all: boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    createCheckedLookup(resolveAll)('example.com', { all }, (error, address, family) =>
      error === null ? resolve(all ? address : { address, family }) : reject(error),
    );
  });
}

describe('createCheckedLookup', () => {
  test('hands on the very addresses that it checked, all or the first as the socket asks', async () => {
    await expect(look(answering([PUBLIC, PUBLIC_V6]), true)).resolves.toEqual([PUBLIC, PUBLIC_V6]);
    await expect(look(answering([PUBLIC, PUBLIC_V6]), false)).resolves.toEqual(PUBLIC);
  });

  test.each([true, false])('refuses a name of which one address is not public (all: %s)', async (all) => {
    await expect(look(answering([PUBLIC, PRIVATE]), all)).rejects.toMatchObject({ code: 'address_refused' });
  });

  test('refuses a name without an address', async () => {
    await expect(look(answering([]), true)).rejects.toMatchObject({ code: 'address_refused' });
  });

  test('reports that a name cannot be resolved', async () => {
    const notFound = Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
    await expect(look(answering([], notFound), true)).rejects.toBe(notFound);
  });
});
