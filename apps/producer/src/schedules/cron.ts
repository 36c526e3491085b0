import { CronExpressionParser } from 'cron-parser';

/** When a cron expression comes next, or that it cannot be used. */
export type CronRun =
  | { readonly kind: 'at'; readonly ms: number }
  /** It cannot be read. */
  | { readonly kind: 'unreadable'; readonly message: string }
  /** It can, but that day does not exist, such as 31 April. */
  | { readonly kind: 'never' };

/** Days of each month at most, from January on. */
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * When a cron expression comes next, by the parser that BullMQ uses.
 * @param timezone a known IANA time zone
 * @param afterMs unix ms
 */
export function nextCronRun(cron: string, timezone: string, afterMs: number): CronRun {
  // The parser takes no text for "every minute", and draws an "H" anew each time that it reads it.
  if (cron.trim() === '') return { kind: 'unreadable', message: 'it is empty' };
  if (/H/.test(cron.replace(/[a-z]{3}/gi, ''))) return { kind: 'unreadable', message: '"H" is not supported' };
  try {
    const expression = CronExpressionParser.parse(cron, { currentDate: new Date(afterMs), tz: timezone });
    // The parser would look through ten thousand years for such a day, which takes a second.
    if (!hasDay(expression.fields)) return { kind: 'never' };
    return expression.hasNext() ? { kind: 'at', ms: expression.next().getTime() } : { kind: 'never' };
  } catch (error) {
    return { kind: 'unreadable', message: error instanceof Error ? error.message.slice(0, 200) : 'unknown' };
  }
}

/** Whether any day of the year fits. */
function hasDay({ month, dayOfMonth, dayOfWeek }: ReturnType<typeof CronExpressionParser.parse>['fields']): boolean {
  if (!dayOfWeek.isWildcard) return true;
  const earliest = Math.min(...dayOfMonth.values.map((day) => (typeof day === 'number' ? day : 1)));
  return month.values.some((number) => earliest <= (DAYS[number - 1] ?? 0));
}
