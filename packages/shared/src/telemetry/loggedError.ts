/** An error as a log line shows it. */
export interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly code?: string | undefined;
  readonly cause?: LoggedError | undefined;
}

/** Causes that are shown below an error. */
const DEEPEST = 4;

/** The query builder ends its messages with the values of the statement. */
const VALUES = /\nparams: [\s\S]*/;

/**
 * What of an error goes into a log: never what it was about. Errors of Redis carry the command with all its arguments, those of
 * PostgreSQL the row that was refused, and both hold payloads.
 */
export function toLoggedError(error: unknown, depth = 0): LoggedError {
  // A thrown object may have no text at all, and a log line must not fail for it.
  if (!(error instanceof Error))
    return { type: typeof error, message: typeof error === 'object' ? 'not an error' : String(error) };
  const { message, stack, cause } = error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    type: error.constructor.name,
    message: message.replace(VALUES, ''),
    stack: stack?.replace(VALUES, ''),
    ...(code === undefined ? {} : { code }),
    ...(cause === undefined || depth === DEEPEST ? {} : { cause: toLoggedError(cause, depth + 1) }),
  };
}
