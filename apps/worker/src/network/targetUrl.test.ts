import { FleetError } from '@sluice/shared/errors/fleetError';
import { describe, expect, test } from 'vitest';
import { readTargetUrl } from './targetUrl.js';

function codeFor(url: string, allowPrivateAddresses = false): string | null {
  try {
    readTargetUrl(url, { allowPrivateAddresses });
    return null;
  } catch (error) {
    return error instanceof FleetError ? error.code : 'something else';
  }
}

describe('readTargetUrl', () => {
  test.each(['https://example.com/hooks?x=1', 'http://8.8.8.8:8080/', 'http://[2606:4700::1111]/'])(
    'lets %s pass',
    (url) => {
      expect(codeFor(url)).toBeNull();
    },
  );

  test.each([
    'http://127.0.0.1/',
    'http://127.0.0.1./',
    'http://127.1/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://2130706433/',
    'http://%31%32%37.0.0.1/',
    'http://１２７.0.0.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[0:0:0:0:0:ffff:7f00:0001]/',
    'http://0/',
    'http://169.254.169.254/latest/meta-data/',
  ])('refuses %s, however it is spelt', (url) => {
    expect(codeFor(url)).toBe('address_refused');
    expect(codeFor(url, true)).toBeNull();
  });

  test.each([
    'https://user@example.com/',
    'https://user:secret@example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'no url',
  ])('refuses %s even when private addresses are allowed', (url) => {
    expect(codeFor(url, true)).toBe('address_refused');
  });
});
