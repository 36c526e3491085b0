import type { Logger } from 'pino';
import { pino } from 'pino';

/**
 * The process's log: JSON lines on standard output. Credentials are cut out wherever they hide; payloads are never
 * passed in.
 * @param processName `producer`, `worker`, `scaler`, `dashboard`
 */
export function createLogger(processName: string, config: { readonly level: string }): Logger {
  return pino({
    name: processName,
    level: config.level,
    redact: {
      paths: ['*.authorization', '*.cookie', '*.key', '*.password', 'req.headers.authorization', 'req.headers.cookie'],
      censor: '[hidden]',
    },
  });
}

/** Runs a report at most once per `everyMs` for each subject, and tells how many were swallowed in between. */
export function createQuietReporter(
  everyMs: number,
  now: () => number,
): (subject: string, report: (swallowed: number) => void) => void {
  const last = new Map<string, { at: number; swallowed: number }>();
  return (subject, report) => {
    const entry = last.get(subject);
    if (entry !== undefined && now() - entry.at < everyMs) {
      entry.swallowed++;
      return;
    }
    last.set(subject, { at: now(), swallowed: 0 });
    report(entry?.swallowed ?? 0);
  };
}
