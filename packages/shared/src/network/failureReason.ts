/** A network error's code, such as ECONNREFUSED; its message may contain confidential details. */
export function failureReason(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : 'network error';
}
