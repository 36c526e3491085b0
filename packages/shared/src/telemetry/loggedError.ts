/** An error as logged. */
export interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly code?: string | undefined;
  readonly cause?: LoggedError | undefined;
}

/** Maximum number of nested causes in a log. */
const DEEPEST = 4;

/** The query builder appends the values of the statement to its messages. */
const VALUES = /\nparams: [\s\S]*/;

/**
 * The part of an error that is safe to log, without its data. Errors of Redis contain the command with all its
 * arguments, those of PostgreSQL the rejected row, and both contain payloads.
 */
export function toLoggedError(error: unknown, depth = 0): LoggedError {
  // A thrown object may have no string representation, and logging it must not fail.
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
