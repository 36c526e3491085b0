import { z } from 'zod';

/** The valid range of moments, unix ms: others are of no use here, and PostgreSQL cannot represent all of them. */
const FIRST_MS = 0;
const LAST_MS = Date.UTC(2200, 0, 1);

/** A moment in a request: RFC 3339 with any offset, from 1970 to 2199. */
export const momentSchema = z.iso.datetime({ offset: true }).refine(
  (text) => {
    const ms = Date.parse(text);
    return ms >= FIRST_MS && ms < LAST_MS;
  },
  { error: 'must lie between the years 1970 and 2199' },
);
