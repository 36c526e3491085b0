import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { returnPath } from './returnPath.js';

describe('returnPath', () => {
  it.each(['/', '/queue/acme.default', '/queue/acme.default?status=active&page=2', '/job-schedulers'])(
    'goes back to %s',
    (path) => expect(returnPath(path)).toBe(path),
  );

  it.each([
    undefined,
    null,
    ['/queue'],
    '',
    'queue/x',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '/x\\..\\y',
    '\\\\evil.example',
    'https://evil.example/',
    'javascript:alert(1)',
    '/\t/evil.example',
    '/queue\r\nset-cookie: a=b',
    '/.//evil.example',
    '/login?next=/x',
    '/logout',
    '/api/queues',
  ])('goes to the start page instead of %j', (asked) => expect(returnPath(asked)).toBe('/'));

  it('never leaves the site, whatever is asked', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('/', '\\', '.', ':', '@', 'a', '?', '\t') })),
        (asked) => {
          const path = returnPath(asked);
          expect(new URL(path, 'http://fleet.example').host).toBe('fleet.example');
        },
      ),
    );
  });
});
