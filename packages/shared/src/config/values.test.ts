import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serverAddresses, urlOf, wholeNumber, yesOrNo } from './values.js';

describe('wholeNumber', () => {
  it('reads every whole number within its bounds and no other', () => {
    const schema = wholeNumber(5, 500, 7);
    fc.assert(
      fc.property(fc.integer({ min: -1_000, max: 1_000 }), (value) => {
        const parsed = schema.safeParse(String(value));
        expect(parsed.success).toBe(value >= 5 && value <= 500);
        if (parsed.success) expect(parsed.data).toBe(value);
      }),
    );
    expect(schema.parse(undefined)).toBe(7);
  });

  it('refuses what JavaScript would read as a number but a person would not write', () => {
    for (const text of ['1e2', '0x10', ' 10', '10 ', '10.0', '+10', 'Infinity', 'NaN', '١٠', '']) {
      expect(wholeNumber(0, 1_000, 1).safeParse(text).success, JSON.stringify(text)).toBe(false);
    }
  });
});

describe('yesOrNo', () => {
  it('reads true and false, and takes its default when unset', () => {
    expect(yesOrNo(true).parse('false')).toBe(false);
    expect(yesOrNo(false).parse('true')).toBe(true);
    expect([yesOrNo(true).parse(undefined), yesOrNo(false).parse(undefined)]).toEqual([true, false]);
    for (const text of ['1', '0', 'TRUE', 'yes', 'on']) expect(yesOrNo(false).safeParse(text).success).toBe(false);
  });
});

describe('urlOf', () => {
  it('takes URLs of its schemes alone', () => {
    const takes = (text: string): boolean => urlOf('redis', 'rediss').safeParse(text).success;
    expect(['redis://h:6379/0', 'rediss://:secret@h'].map(takes)).toEqual([true, true]);
    expect(['http://h', 'h:6379', 'localhost', 'redis', ''].filter(takes)).toEqual([]);
  });
});

describe('serverAddresses', () => {
  const read = (text?: string): unknown => serverAddresses().safeParse(text).data;

  it('reads hosts, addresses and their ports, and none when unset', () => {
    expect(read('redis-1.example:7000, 10.0.0.2:7001,[::1]:7002')).toEqual([
      { host: 'redis-1.example', port: 7_000 },
      { host: '10.0.0.2', port: 7_001 },
      { host: '::1', port: 7_002 },
    ]);
    expect(read()).toEqual([]);
  });

  it('refuses a list in which one is no address', () => {
    for (const text of ['a', 'a:', ':1', 'a:0', 'a:65536', 'a:1,', 'a:1,,b:2', 'redis://a:1', 'u@a:1', '::1:7000']) {
      expect(serverAddresses().safeParse(text).success, text).toBe(false);
    }
  });
});
