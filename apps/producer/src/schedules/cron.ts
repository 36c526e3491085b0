import { CronExpressionParser } from 'cron-parser';

/** The next run of a cron expression, or why it cannot be used. */
export type CronRun =
  | { readonly kind: 'at'; readonly ms: number }
  /** The expression cannot be parsed. */
  | { readonly kind: 'unreadable'; readonly message: string }
  /** The expression can be parsed, but its day never occurs, such as 31 April. */
  | { readonly kind: 'never' };

/** Maximum days of each month, from January on. */
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Computes the next run of a cron expression with the parser that BullMQ uses.
 * @param timezone a known IANA time zone
 * @param afterMs unix ms
 */
export function nextCronRun(cron: string, timezone: string, afterMs: number): CronRun {
  // The parser reads empty text as "every minute", and picks a new random value for "H" each time it parses one.
  if (cron.trim() === '') return { kind: 'unreadable', message: 'it is empty' };
  if (/H/.test(cron.replace(/[a-z]{3}/gi, ''))) return { kind: 'unreadable', message: '"H" is not supported' };
  try {
    const expression = CronExpressionParser.parse(cron, { currentDate: new Date(afterMs), tz: timezone });
    // The parser would search ten thousand years for such a day, which takes a second.
    if (!hasDay(expression.fields)) return { kind: 'never' };
    return expression.hasNext() ? { kind: 'at', ms: expression.next().getTime() } : { kind: 'never' };
  } catch (error) {
    return { kind: 'unreadable', message: error instanceof Error ? error.message.slice(0, 200) : 'unknown' };
  }
}

/** Whether any day of the year matches. */
function hasDay({ month, dayOfMonth, dayOfWeek }: ReturnType<typeof CronExpressionParser.parse>['fields']): boolean {
  if (!dayOfWeek.isWildcard) return true;
  const earliest = Math.min(...dayOfMonth.values.map((day) => (typeof day === 'number' ? day : 1)));
  return month.values.some((number) => earliest <= (DAYS[number - 1] ?? 0));
}
