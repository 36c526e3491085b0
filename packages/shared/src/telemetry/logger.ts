import type { Logger } from 'pino';
import { pino } from 'pino';
import { toLoggedError } from './loggedError.js';

/** Fields that hold a credential, whatever they are part of. */
const SECRET_FIELDS = ['authorization', 'cookie', 'key', 'password', 'secret', 'token'];

/**
 * The process's log: JSON lines on standard output. Credentials are cut out of the logged fields and up to two levels
 * below; payloads are never passed in, and errors are shown without what they were about.
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

/** Runs a report at most once per `everyMs` for each subject; passes it how many were suppressed since the last. */
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
