import { TENANT_ID } from '@sluice/shared/contracts/tenant';
import { describe, expect, test } from 'vitest';
import { loadPayloads, NO_OWNER, ownerOf, toTenantIds } from './payloads.js';

describe('loadPayloads', () => {
  test('finds 329 payloads of 58 kinds, one owner having 232', () => {
    const payloads = loadPayloads();
    expect(payloads).toHaveLength(329);
    expect(new Set(payloads.map(({ event }) => event)).size).toBe(58);
    expect(payloads.filter(({ owner }) => owner === 'Codertocat')).toHaveLength(232);
  });
});

describe('ownerOf', () => {
  const named = (login: string) => ({ login });

  test('takes the owner of the repository, else the organization, else the sender', () => {
    const payload = { repository: { owner: named('a') }, organization: named('b'), sender: named('c') };
    expect(ownerOf(payload)).toBe('a');
    expect(ownerOf({ ...payload, repository: undefined })).toBe('b');
    expect(ownerOf({ sender: named('c') })).toBe('c');
    expect(ownerOf({ action: 'published' })).toBe(NO_OWNER);
  });
});

describe('toTenantIds', () => {
  test('makes names that fit the grammar of tenants', () => {
    const owners = ['Codertocat', 'octo-org', '--Ünï__code--', 'ab', 'x', '日本', `${'y'.repeat(62)}--z`];
    const ids = toTenantIds(owners);
    for (const owner of owners) expect(ids.get(owner)).toMatch(TENANT_ID);
    expect([ids.get('Codertocat'), ids.get('ab'), ids.get('x')]).toEqual(['codertocat', 'ab-1', 'x']);
  });

  test('keeps owners apart whose names become the same', () => {
    const long = 'z'.repeat(70);
    const ids = toTenantIds(['Acme', 'ACME', 'acme', 'Acme', 'acme-2', long, `${long}!`]);
    expect([...ids.values()].slice(0, 4)).toEqual(['acme', 'acme-2', 'acme-3', 'acme-2-2']);
    expect(new Set(ids.values()).size).toBe(6);
    for (const id of ids.values()) expect(id).toMatch(TENANT_ID);
  });
});
