/** Whether an error is a bug in the code: it must not be mistaken for an outage. */
export function isProgrammingError(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}
