import { describe, expect, it } from 'vitest';
import { ERROR_CODES, FAILURE_KIND_OF, HTTP_STATUS_OF, TITLE_OF } from './errorCode.js';

describe('the tables of error codes', () => {
  it('hold every code exactly once and no other', () => {
    expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length);
    for (const table of [HTTP_STATUS_OF, FAILURE_KIND_OF, TITLE_OF]) {
      expect(Object.keys(table).sort()).toEqual([...ERROR_CODES].sort());
    }
  });

  it('answer each code with a status that is an error, and a title of its own', () => {
    for (const code of ERROR_CODES) expect([4, 5], code).toContain(Math.floor(HTTP_STATUS_OF[code] / 100));
    expect(new Set(Object.values(TITLE_OF)).size).toBe(ERROR_CODES.length);
  });

  it('never try again what the caller must mend', () => {
    const mended = ERROR_CODES.filter((code) => [400, 401, 403, 404, 413, 415, 422].includes(HTTP_STATUS_OF[code]));
    for (const code of mended) expect(FAILURE_KIND_OF[code], code).toBe('permanent');
  });

  it('tell no code by words that only its own code could explain', () => {
    for (const title of Object.values(TITLE_OF)) expect(title).toMatch(/^[A-Z][^\n]{5,60}$/);
  });
});
