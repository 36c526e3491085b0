import { describe, expect, it } from 'vitest';
import { mayChange } from './sameOrigin.js';

const post = { method: 'POST', host: 'fleet.example:3001', origin: undefined, fetchSite: undefined };

describe('mayChange', () => {
  it.each(['GET', 'HEAD', 'OPTIONS'])('lets a %s pass, which changes nothing', (method) => {
    expect(mayChange({ ...post, method, fetchSite: 'cross-site' })).toBe(true);
  });

  it.each([
    ['the browser says that it is a page of this site', { fetchSite: 'same-origin' }, true],
    ['the user did it without a page', { fetchSite: 'none' }, true],
    ['another site asks', { fetchSite: 'cross-site' }, false],
    ['a neighbouring site asks', { fetchSite: 'same-site' }, false],
    ['another site asks and names our origin', { fetchSite: 'cross-site', origin: 'http://fleet.example:3001' }, false],
    ['an old browser names our origin', { origin: 'http://fleet.example:3001' }, true],
    ['an old browser names another origin', { origin: 'http://evil.example' }, false],
    ['an old browser names another port', { origin: 'http://fleet.example' }, false],
    ['the origin is hidden', { origin: 'null' }, false],
    ['nothing is said', {}, false],
  ])('when %s', (_, said, allowed) => {
    expect(mayChange({ ...post, ...said })).toBe(allowed);
  });
});
