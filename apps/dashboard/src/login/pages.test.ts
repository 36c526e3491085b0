import { describe, expect, it } from 'vitest';
import { loadPages } from './pages.js';

describe('loadPages', () => {
  it('fills in what it is given as text, never as HTML', async () => {
    const page = (await loadPages()).login('<b>no</b>', '/"><script>alert(1)</script>{{problem}}');
    expect(page).toContain('&lt;b&gt;no&lt;/b&gt;');
    expect(page).toContain('value="/&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;{{problem}}"');
    expect(page).not.toContain('<script');
  });
});
