import { timestamp } from 'drizzle-orm/pg-core';

/** A timestamp with time zone, to the millisecond; a Date in code. */
export function moment(name: string) {
  return timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });
}
