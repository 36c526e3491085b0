import { describe, expect, it } from 'vitest';
import { trustedProxies } from './trustedProxies.js';

describe('trustedProxies', () => {
  it.each([
    [undefined, false],
    ['false', false],
    ['10.0.0.0/8, 127.0.0.1', ['10.0.0.0/8', '127.0.0.1']],
    ['loopback,fd00::/8', ['loopback', 'fd00::/8']],
  ])('reads %j', (text, proxies) => expect(trustedProxies().parse(text)).toEqual(proxies));

  it.each(['true', '*', '1', '10.0.0.0/33', '10.0.0.0/8/8', 'proxy.example', ','])('refuses %j', (text) => {
    expect(trustedProxies().safeParse(text).success).toBe(false);
  });
});
