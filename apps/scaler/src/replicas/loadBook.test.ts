import { describe, expect, it } from 'vitest';
import type { SeenLoad } from './loadBook.js';
import { createLoadBook } from './loadBook.js';

const counted = (tenantId: string, waiting: number, slots = 1): SeenLoad => ({
  kind: 'counted',
  tenantId,
  waiting,
  active: 0,
  slots,
});
const unreadable = (tenantId: string): SeenLoad => ({ kind: 'unreadable', tenantId });

describe('the load book', () => {
  it('knows nothing before all tenants were covered under this fence', () => {
    const book = createLoadBook(1, () => 7);
    book.sawSome([counted('a', 3)], 1);
    expect(book.known(1)).toBeNull();
    book.sawAll([counted('a', 3, 2)], 1);
    expect(book.known(1)).toEqual({ runnable: 2, seenAllMs: 7 });
    expect(book.known(2)).toBeNull();
  });

  it('puts what some tenants have in the place of what they had', () => {
    const book = createLoadBook(4, () => 0);
    book.sawAll([counted('a', 3), counted('b', 1)], 1);
    book.sawSome([counted('a', 100, 5), counted('c', 2)], 1);
    expect(book.known(1)?.runnable).toBe(20 + 1 + 2);
    book.sawSome([counted('a', 0)], 1);
    expect(book.known(1)?.runnable).toBe(3);
  });

  it('keeps what it knew of a tenant that could not be counted, and forgets those that are gone', () => {
    const book = createLoadBook(1, () => 0);
    book.sawAll([counted('a', 9, 3), counted('b', 9, 2)], 1);
    book.sawAll([unreadable('a'), unreadable('new')], 1);
    expect(book.known(1)?.runnable).toBe(3);
    book.sawAll([unreadable('a')], 2);
    expect(book.known(2)?.runnable).toBe(0);
  });
});
