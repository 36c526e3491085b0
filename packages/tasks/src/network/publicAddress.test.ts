import { describe, expect, test } from 'vitest';
import { isPublicAddress } from './publicAddress.js';

describe('isPublicAddress', () => {
  test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001:81b::200e'])(
    'lets %s pass',
    (text) => {
      expect(isPublicAddress(text)).toBe(true);
    },
  );

  test.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '192.0.2.1',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
  ])('refuses %s, which IANA keeps from the public', (text) => {
    expect(isPublicAddress(text)).toBe(false);
  });

  test.each([
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'fd12::1',
    'fec0::1',
    'ff02::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '64:ff9b:1::1',
    '4000::1',
  ])('refuses %s, which is no public IPv6 address', (text) => {
    expect(isPublicAddress(text)).toBe(false);
  });

  test.each([
    ['::ffff:127.0.0.1', false],
    ['::ffff:10.0.0.1', false],
    ['::ffff:8.8.8.8', true],
    ['::127.0.0.1', false],
    ['64:ff9b::a9fe:a9fe', false],
    ['64:ff9b::808:808', true],
    ['2002:7f00:1::', false],
    ['2002:808:808::1', true],
  ])('judges %s by the IPv4 address in it', (text, isPublic) => {
    expect(isPublicAddress(text)).toBe(isPublic);
  });

  test.each(['', 'localhost', '1.2.3', 'not an address'])('refuses %j, which is no address', (text) => {
    expect(isPublicAddress(text)).toBe(false);
  });
});
