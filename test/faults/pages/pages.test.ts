import { describe, expect, it } from 'vitest';
import { judgePages } from './pageLook.js';

const PAGE = { name: '/page', as: 'acme', tenantId: 'acme' };

function seen(text: string, headers: Record<string, string> = {}) {
  return { status: 200, text, headers: new Headers(headers) };
}

describe('a look at pages', () => {
  it('finds nothing on those that show what is of whoever looks, and counts them', () => {
    const look = judgePages([
      { ...PAGE, seen: seen('canary-acme-1') },
      { ...PAGE, seen: null },
    ]);
    expect(look).toEqual({ pages: 1, amiss: [] });
  });

  it.each([
    ['in its text', { ...PAGE, seen: seen('<p>canary-globex-7</p>') }],
    ['in a header', { ...PAGE, seen: seen('', { location: '/login?next=canary-globex-7' }) }],
    ['to whom no payload is shown', { ...PAGE, tenantId: null, seen: seen('canary-globex-7') }],
  ])('finds what is of another tenant %s', (_where, page) => {
    expect(judgePages([page]).amiss).toEqual(['/page shows canary-globex-7 to acme (200)']);
  });
});
