/** Whether an error says that the code is wrong, and not the world: it must not be taken for an outage. */
export function isProgrammingError(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}
