import type { Logger } from 'pino';
import { pino } from 'pino';
import { toLoggedError } from './loggedError.js';

/** Fields that contain a credential, in whatever object. */
const SECRET_FIELDS = ['authorization', 'cookie', 'key', 'password', 'secret', 'token'];

/**
 * The process's log: JSON lines on standard output. Credentials are redacted in the logged fields and up to two levels
 * below; payloads are never passed in, and errors are logged without their data.
 * @param processName `producer`, `worker`, `scaler`, `dashboard`
 */
export function createLogger(processName: string, config: { readonly level: string }): Logger {
  return pino({
    name: processName,
    level: config.level,
    serializers: { err: (err: unknown) => toLoggedError(err) },
    redact: {
      paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
      censor: '[hidden]',
    },
  });
}

/** Calls a reporter at most once per `everyMs` for each subject, with the number of calls suppressed since the last. */
export function createQuietReporter(
  everyMs: number,
  now: () => number,
): (subject: string, report: (suppressed: number) => void) => void {
  const last = new Map<string, { at: number; suppressed: number }>();
  return (subject, report) => {
    const entry = last.get(subject);
    if (entry !== undefined && now() - entry.at < everyMs) {
      entry.suppressed++;
      return;
    }
    last.set(subject, { at: now(), suppressed: 0 });
    report(entry?.suppressed ?? 0);
  };
}
